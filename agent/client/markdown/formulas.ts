/** Draws the formulas of a block: the typesetter is loaded when the first one is met, and until then they are shown as text. */

type Typesetter = typeof import("./typeset");

let typesetter: Typesetter | undefined;
let loading: Promise<Typesetter> | undefined;

/** The formulas that stand in an element, to be put back where its next text has the same ones. */
export type DrawnFormulas = Map<string, Element[]>;

export function drawnFormulas(within: Element): DrawnFormulas {
  const drawn: DrawnFormulas = new Map();
  for (const formula of within.querySelectorAll("[data-formula]")) {
    const source = (formula as HTMLElement).dataset["formula"]!;
    drawn.set(source, [...(drawn.get(source) ?? []), formula]);
  }
  return drawn;
}

/** Those on lines of their own. */
export function displayFormulas(within: Element): Iterable<HTMLElement> {
  return within.querySelectorAll<HTMLElement>('[data-formula^="true"]');
}

/**
 * Replaces each source by its formula: some at once, and many in the next frames. `onLater` is called instead, some time
 * after the return, when the typesetter had to be loaded first; never when that fails: then the sources stay.
 */
export function drawFormulas(within: Element, drawn: DrawnFormulas, onLater: () => void): void {
  const sources = [...within.querySelectorAll("code.formula, code.formula-display")];
  if (sources.length === 0) return;
  if (typesetter === undefined) {
    loading ??= load();
    void loading.then(onLater, () => (loading = undefined));
    return;
  }
  const message = within.parentElement ?? within;
  for (const source of sources) {
    const same = drawn.get(keyOf(source))?.shift();
    if (same !== undefined) source.replaceWith(same);
    else if (isTime() && waiting.length === 0) draw(source, message);
    else waiting.push(() => source.isConnected && draw(source, message));
  }
}

/** So long at a time: then the page is drawn, and takes keys and clicks, before the next ones. */
const sliceMs = 8;
/** More of a message stay text: some thousand take seconds. */
const maxOfMessage = 1000;

const waiting: (() => void)[] = [];
let leftMs = sliceMs;
let frame: number | undefined;
const counts = new WeakMap<Element, number>();

function draw(source: Element, message: Element): void {
  const count = (counts.get(message) ?? 0) + 1;
  if (count > maxOfMessage) return;
  counts.set(message, count);
  const begin = performance.now();
  const formula = typesetter!.typeset(source.textContent ?? "", isDisplay(source));
  formula.dataset["formula"] = keyOf(source);
  source.replaceWith(formula);
  leftMs -= performance.now() - begin;
  frame ??= requestAnimationFrame(drawNext);
}

function drawNext(): void {
  frame = undefined;
  leftMs = sliceMs;
  while (isTime() && waiting.length > 0) waiting.shift()!();
  if (waiting.length > 0) frame ??= requestAnimationFrame(drawNext);
}

const isTime = () => leftMs > 0;
const isDisplay = (source: Element) => source.className === "formula-display";
const keyOf = (source: Element) => `${isDisplay(source)}${source.textContent ?? ""}`;

async function load(): Promise<Typesetter> {
  const loaded = await import("./typeset");
  await loaded.loadFonts();
  typesetter = loaded;
  return loaded;
}
