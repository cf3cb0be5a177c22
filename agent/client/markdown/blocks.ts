/** Splits growing Markdown into blocks: finished blocks keep their identity, only the last one is parsed again. */
import { lexer, parser, Renderer, type Token } from "marked";
import { sanitize } from "./sanitize";

export type Block =
  | { kind: "html"; raw: string; html: string }
  | { kind: "code"; raw: string; code: string; language: string; closed: boolean };

/** Returns a function that takes the whole text each time and returns its blocks. */
export function createBlockReader(): (text: string) => Block[] {
  let finished: Block[] = [];
  let finishedLength = 0;
  let before = "";

  return (given) => {
    // Normalised as marked does it, so that lengths agree.
    const text = given.replace(/\r\n?/g, "\n");
    if (!text.startsWith(before)) {
      finished = [];
      finishedLength = 0;
    }
    before = text;
    const blocks = readBlocks(text.slice(finishedLength));
    // A block can grow until the next one begins.
    const settled = blocks.slice(0, -1);
    finished = [...finished, ...settled];
    finishedLength += settled.reduce((length, block) => length + block.raw.length, 0);
    return [...finished, ...blocks.slice(-1)];
  };
}

function readBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  for (const token of lexer(text)) {
    const last = blocks.at(-1);
    // White space belongs to the block before it, so that the raw texts add up to the input.
    if (token.type === "space" && last !== undefined) last.raw += token.raw;
    else blocks.push(toBlock(token));
  }
  return blocks;
}

function toBlock(token: Token): Block {
  if (token.type === "code" && "text" in token) {
    const language = "lang" in token ? String(token.lang ?? "") : "";
    return {
      kind: "code",
      raw: token.raw,
      code: token.text ?? "",
      language: language.split(/\s/)[0] ?? "",
      closed: /^ {0,3}(`{3,}|~{3,})\s*$/m.test(token.raw.slice(token.raw.indexOf("\n") + 1)),
    };
  }
  return { kind: "html", raw: token.raw, html: sanitize(parser([token], { renderer })) };
}

const renderer = new Renderer();
/** Images become links: the page fetches nothing just because a model wrote it. */
renderer.image = ({ href, text }) => {
  const label = text === "" ? href : text;
  return `<a href="${escapeHtml(href)}">${escapeHtml(label)}</a>`;
};

/** The checkbox of a task gets a name for screen readers. */
renderer.checkbox = ({ checked }) =>
  `<input type="checkbox" disabled${checked ? " checked" : ""} aria-label="${checked ? "Done" : "To do"}">`;

/** HTML in a model's text is shown as text, so that nothing is lost; only a few inline tags are kept. */
renderer.html = ({ text }) => text.replace(/<(?!\/?(?:br|kbd|sub|sup)\s*\/?>)/gi, "&lt;");

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
