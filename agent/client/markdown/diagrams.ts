/**
 * Draws diagrams one after the other in a sandboxed frame, which has no origin, no network and no place on screen: it
 * hands back the text of a picture, and the page shows that as an image, in which nothing runs or loads.
 */
import { t } from "../../shared/translation";

export { planDiagram } from "./diagram-rule";

export interface Palette {
  isDark: boolean;
  font: string;
  paper: string;
  fill: string;
  hover: string;
  note: string;
  line: string;
  soft: string;
  ink: string;
}

export interface DiagramRequest {
  id: number;
  source: string;
  palette: Palette;
}

export interface Drawing {
  svg: string;
  width: number;
  height: number;
  title: string;
  /** Mermaid's name for the kind of diagram; may be empty. */
  kind: string;
}

/** The answer to the request of this id; that of id 0 says that the frame is ready. */
export type DiagramAnswer = { id: number } & (Drawing | { failure: string });

declare const DIAGRAM_DOCUMENT: string;

const loadMs = 20_000;
const drawMs = 5000;
/** The frame is removed when nothing has been drawn for so long. */
const idleMs = 20_000;
const maxKept = 30;

const kept = new Map<string, Promise<Drawing>>();
let last: Promise<unknown> = Promise.resolve();
let frame: { element: HTMLIFrameElement; ready: Promise<void> } | undefined;
let count = 0;
let idle: ReturnType<typeof setTimeout> | undefined;

/** Of a plan's source. Rejects with the reason, in a few words, when it is no diagram or takes longer than `drawMs`. */
export function drawDiagram(source: string): Promise<Drawing> {
  const palette = readPalette();
  const key = JSON.stringify([palette, source]);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const drawing = last.then(() => draw(source, palette));
  last = drawing.catch(() => undefined);
  kept.set(key, drawing);
  // A failure to load, or of a busy machine, may not come again.
  drawing.catch(() => kept.delete(key));
  for (const oldest of [...kept.keys()].slice(0, -maxKept)) kept.delete(oldest);
  return drawing;
}

async function draw(source: string, palette: Palette): Promise<Drawing> {
  clearTimeout(idle);
  const { element, ready } = (frame ??= openFrame());
  try {
    await ready;
    const id = ++count;
    const answer = answerOf(element, id, drawMs);
    element.contentWindow?.postMessage({ id, source, palette } satisfies DiagramRequest, "*");
    const drawn = await answer;
    if ("failure" in drawn) throw new RefusedError(drawn.failure);
    return drawn;
  } catch (error) {
    // Whatever it is still doing ends with it.
    if (!(error instanceof RefusedError)) closeFrame();
    throw error;
  } finally {
    idle = setTimeout(closeFrame, idleMs);
  }
}

/** Mermaid's own words. The frame is in order. */
class RefusedError extends Error {}

function openFrame() {
  const element = document.createElement("iframe");
  element.setAttribute("sandbox", "allow-scripts");
  element.title = "Draws diagrams";
  element.tabIndex = -1;
  element.inert = true;
  element.setAttribute("aria-hidden", "true");
  // It is laid out, so that texts can be measured, and is not seen.
  element.style.cssText =
    "position:fixed;top:0;left:0;width:800px;height:600px;border:0;opacity:0;pointer-events:none;z-index:-1";
  element.src = DIAGRAM_DOCUMENT;
  const ready = answerOf(element, 0, loadMs).then(() => undefined);
  document.body.append(element);
  return { element, ready };
}

function closeFrame(): void {
  frame?.element.remove();
  frame = undefined;
}

function answerOf(
  element: HTMLIFrameElement,
  id: number,
  timeoutMs: number,
): Promise<DiagramAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<DiagramAnswer>();
  const listen = ({ source, data }: MessageEvent<unknown>) => {
    if (source !== element.contentWindow) return;
    const answer = readAnswer(data);
    if (answer?.id === id) resolve(answer);
  };
  window.addEventListener("message", listen);
  const timer = setTimeout(() => reject(new Error(t("it took too long"))), timeoutMs);
  return promise.finally(() => {
    clearTimeout(timer);
    window.removeEventListener("message", listen);
  });
}

/** The frame's script may be the diagram's: undefined for what is no answer, or larger than one can be. */
export function readAnswer(data: unknown): DiagramAnswer | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { id, failure, svg, width, height, title, kind } = data as Record<string, unknown>;
  if (typeof id !== "number") return undefined;
  if (isText(failure, 200)) return { id, failure };
  if (!isText(svg, 1_000_000) || !isText(title, 200) || !isText(kind, 40)) return undefined;
  if (!isSide(width) || !isSide(height)) return undefined;
  return { id, svg, width, height, title, kind };
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === "string" && value.length <= maxLength;
}

function isSide(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value <= 4001;
}

/** The page's colours as the browser computes them: the frame cannot read them. */
function readPalette(): Palette {
  const probe = document.createElement("span");
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const colour = (token: string) => {
    probe.style.color = `var(--${token})`;
    return style.color;
  };
  const palette = {
    isDark: style.colorScheme === "dark" || isSystemDark(style.colorScheme),
    font: style.fontFamily,
    paper: colour("sunken"),
    fill: colour("raised"),
    hover: colour("hover"),
    note: colour("amber-wash"),
    line: colour("line-strong"),
    soft: colour("ink-soft"),
    ink: colour("ink"),
  };
  probe.remove();
  return palette;
}

function isSystemDark(colorScheme: string): boolean {
  return colorScheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches;
}
