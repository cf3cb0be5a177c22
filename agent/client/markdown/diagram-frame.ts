/** Runs in the sandboxed frame: draws one diagram at a time with Mermaid, and hands it to the page as the text of a picture. */
import type { DiagramAnswer, DiagramRequest } from "./diagrams";

interface Mermaid {
  initialize(settings: object): void;
  render(id: string, source: string): Promise<{ svg: string }>;
}
// The script before this one has set it.
const { mermaid } = globalThis as unknown as { mermaid: Mermaid };

/** Larger ones would take the browser's memory when they are shown. */
const maxSidePx = 4000;
const maxSvgLength = 1_000_000;

addEventListener("message", ({ data, source }: MessageEvent<DiagramRequest>) => {
  if (source !== parent) return;
  void draw(data).then(answer, (error: unknown) =>
    answer({ id: data.id, failure: reasonOf(error) }),
  );
});
answer({ id: 0, failure: "" });

function answer(message: DiagramAnswer): void {
  // The page's origin is not known here, and there is nothing secret in it.
  parent.postMessage(message, "*");
}

async function draw({ id, source, palette }: DiagramRequest): Promise<DiagramAnswer> {
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    suppressErrorRendering: true,
    maxTextSize: source.length + 1,
    maxEdges: 300,
    // A label of HTML is not drawn in a picture by every browser.
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    theme: "base",
    fontFamily: palette.font,
    themeVariables: {
      darkMode: palette.isDark,
      fontFamily: palette.font,
      fontSize: "14px",
      dropShadow: "none",
      background: palette.paper,
      primaryColor: palette.fill,
      primaryTextColor: palette.ink,
      primaryBorderColor: palette.line,
      secondaryColor: palette.hover,
      tertiaryColor: palette.paper,
      lineColor: palette.soft,
      textColor: palette.ink,
      noteBkgColor: palette.note,
      noteTextColor: palette.ink,
      noteBorderColor: palette.line,
      edgeLabelBackground: palette.paper,
    },
    // Else an edge is seen through its label.
    themeCSS: ".edgeLabel rect { opacity: 1 }",
    // What a diagram's own directives cannot change.
    secure: [
      "secure",
      "securityLevel",
      "startOnLoad",
      "maxTextSize",
      "maxEdges",
      "htmlLabels",
      "themeCSS",
    ],
  });
  const drawn = await mermaid.render("diagram", source);
  const box = document.createElement("div");
  box.innerHTML = drawn.svg;
  const svg = box.querySelector("svg");
  if (svg === null) throw new Error("nothing was drawn");
  const { width, height } = svg.viewBox.baseVal;
  if (!(width > 0 && height > 0)) throw new Error("it is empty");
  const scale = Math.min(1, maxSidePx / Math.max(width, height));
  const size = { width: Math.ceil(width * scale), height: Math.ceil(height * scale) };
  svg.removeAttribute("style");
  for (const [name, value] of Object.entries(size)) svg.setAttribute(name, String(value));
  const text = new XMLSerializer().serializeToString(svg);
  if (text.length > maxSvgLength) throw new Error("it is too large");
  const title = svg.querySelector("title")?.textContent?.trim().slice(0, 200) ?? "";
  const kind = (svg.getAttribute("aria-roledescription") ?? "").replace(/-.*/, "").slice(0, 40);
  return { id, svg: text, ...size, title, kind };
}

/** The first line of what Mermaid says. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0]!.replace(/:$/, "").slice(0, 160);
}
