/** Cuts Markdown into blocks as it grows: finished blocks keep their identity, only the last one is read again. */
import { lexer, parser, Renderer, type Token } from "marked";
import { sanitize } from "./sanitize";

export type Block =
  | { kind: "html"; raw: string; html: string }
  | { kind: "code"; raw: string; code: string; language: string; closed: boolean };

/** Returns a function that is handed the whole text each time and answers with its blocks. */
export function createBlockReader(): (text: string) => Block[] {
  let finished: Block[] = [];
  let finishedLength = 0;
  let before = "";

  return (given) => {
    // As marked reads it, so that lengths agree.
    const text = given.replace(/\r\n?/g, "\n");
    if (!text.startsWith(before)) {
      finished = [];
      finishedLength = 0;
    }
    before = text;
    const blocks = readBlocks(text.slice(finishedLength));
    // A block can grow until another one has begun after it.
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
    // White space belongs to the block before it, so that the raw texts add up to the whole.
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
/** Nothing is fetched because a model wrote it: an image is a link to itself. */
renderer.image = ({ href, text }) => {
  const label = text === "" ? href : text;
  return `<a href="${escapeHtml(href)}">${escapeHtml(label)}</a>`;
};

/** A box of a task says what it means to those who do not see it. */
renderer.checkbox = ({ checked }) =>
  `<input type="checkbox" disabled${checked ? " checked" : ""} aria-label="${checked ? "Done" : "To do"}">`;

/** HTML in a model's text is text, so that nothing it wrote is lost: only a few small signs are what they say. */
renderer.html = ({ text }) => text.replace(/<(?!\/?(?:br|kbd|sub|sup)\s*\/?>)/gi, "&lt;");

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
