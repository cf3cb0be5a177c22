/** Text of models, commands and files as an editor gets it: without control characters, in blocks that nothing in it ends, in bounded pieces. */

/** No text of one update is longer; what is longer comes in several. */
const maxPiece = 64_000;

// oxlint-disable-next-line no-control-regex -- control characters are what is replaced
const controls = /[\0-\x08\x0B-\x1F\x7F-\x9F]/g;

/** Each control character but line feed and tab is shown as a sign for it; a carriage return is left out. */
export function plainText(text: string): string {
  return text.replaceAll(controls, (one) => (one === "\r" ? "" : pictureOf(one.charCodeAt(0))));
}

/** Unicode has signs for those of ASCII. */
function pictureOf(code: number): string {
  if (code === 0x7f) return "␡";
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : "�";
}

/** As a code block in Markdown, as it is. */
export function fenced(text: string, language = ""): string {
  const runs = text.match(/`+/g) ?? [];
  const longest = runs.reduce((length, run) => Math.max(length, run.length), 2);
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}`;
}

/** Pieces that add up to the text; no character is cut. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + maxPiece);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end--;
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}
