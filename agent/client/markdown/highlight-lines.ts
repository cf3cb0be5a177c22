/** Highlighted code, line by line: a line that stands alone has all that it needs. */
import { highlight } from "./highlight";

/** By the end of the name; of a name without an end, the name. What is not listed is its own language's name, or plain. */
const languages: Record<string, string> = {
  cjs: "javascript",
  mjs: "javascript",
  mts: "typescript",
  cts: "typescript",
  h: "c",
  hpp: "cpp",
  cc: "cpp",
  patch: "diff",
  htm: "xml",
  html: "xml",
  svg: "xml",
  vue: "xml",
  svelte: "xml",
  toml: "ini",
  conf: "ini",
  jsonc: "json",
  lock: "json",
  scss: "css",
  zsh: "bash",
  gemfile: "ruby",
  rakefile: "ruby",
};

export function languageOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const end = name.slice(name.lastIndexOf(".") + 1);
  return Object.hasOwn(languages, end) ? (languages[end] ?? end) : end;
}

/** One HTML for each line of the code; undefined when it stays plain. */
export async function highlightLines(
  code: string,
  language: string,
): Promise<string[] | undefined> {
  const html = await highlight(code, language);
  return html === undefined ? undefined : splitLines(html);
}

/** The highlighter's spans may go over several lines: each line closes and opens them again. */
export function splitLines(html: string): string[] {
  const open: string[] = [];
  return html.split("\n").map((line) => {
    const before = open.join("");
    for (const [tag] of line.matchAll(/<span[^>]*>|<\/span>/g)) {
      if (tag === "</span>") open.pop();
      else open.push(tag);
    }
    return before + line + "</span>".repeat(open.length);
  });
}
