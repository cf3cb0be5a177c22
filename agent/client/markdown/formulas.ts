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
 * Replaces each source by its formula; at once if the typesetter is there. `onLater` is called, some time after the
 * return, when it had to be loaded first; never when that fails: then the sources stay.
 */
export function drawFormulas(within: Element, drawn: DrawnFormulas, onLater: () => void): void {
  const sources = [...within.querySelectorAll("code.formula, code.formula-display")];
  if (sources.length === 0) return;
  if (typesetter === undefined) {
    loading ??= load();
    void loading.then(onLater, () => (loading = undefined));
    return;
  }
  for (const source of sources) {
    const isDisplay = source.className === "formula-display";
    const text = source.textContent ?? "";
    const same = drawn.get(`${isDisplay}${text}`)?.shift();
    const formula = same ?? typesetter.typeset(text, isDisplay);
    if (formula instanceof HTMLElement) formula.dataset["formula"] ??= `${isDisplay}${text}`;
    source.replaceWith(formula);
  }
}

async function load(): Promise<Typesetter> {
  const loaded = await import("./typeset");
  await loaded.loadFonts();
  typesetter = loaded;
  return loaded;
}
