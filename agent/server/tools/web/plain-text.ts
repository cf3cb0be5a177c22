/** The text of a page without its structure: one pass over the characters, whatever they are. */

/** Their content is no text. */
const silent = new Set(["script", "style", "noscript", "template", "svg", "iframe", "object"]);
const inline = new Set("a abbr b code em i mark q s small span strong sub sup u".split(" "));

export function plainText(html: string): { title: string; text: string } {
  const pieces: string[] = [];
  let title: string | undefined;
  for (let at = 0; at < html.length;) {
    const open = html.indexOf("<", at);
    const text = html.slice(at, open === -1 ? undefined : open);
    if (text !== "") pieces.push(text);
    if (open === -1) break;
    const close = html.startsWith("<!--", open)
      ? html.indexOf("-->", open)
      : html.indexOf(">", open);
    if (close === -1) break;
    at = close + (html[open + 1] === "!" && html.startsWith("-->", close) ? 3 : 1);
    const name = /^[a-z][a-z0-9]{0,20}/i.exec(html.slice(open + 1, open + 22))?.[0]?.toLowerCase();
    if (name === undefined || !inline.has(name)) pieces.push("\n");
    if (name === "title" && title === undefined) {
      const end = html.indexOf("</", at);
      title = readable(html.slice(at, end === -1 ? at : end));
      at = end === -1 ? at : end;
    } else if (name !== undefined && silent.has(name)) {
      const end = html.indexOf(`</${name}`, at);
      if (end === -1) break;
      at = end;
    }
  }
  return { title: title ?? "", text: readable(pieces.join("")) };
}

const named: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

function readable(text: string): string {
  return withoutReferences(text)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");
}

/** With the characters themselves in the place of `&amp;`, `&#38;` and `&#x26;`. */
export function withoutReferences(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));/gi,
    (all, decimal, hex, name) => {
      if (name !== undefined) return named[String(name).toLowerCase()] ?? all;
      const code = decimal === undefined ? parseInt(hex, 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
    },
  );
}
