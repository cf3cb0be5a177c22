/** The grep tool: the lines of files that match a regular expression. */
import { z } from "zod";
import { Listing, matches } from "./search-listing";
import { resolvePath } from "../files/resolved-path";
import { type Hit, ripgrep } from "./ripgrep";
import type { Tool } from "../tool";

const input = z.strictObject({
  pattern: z.string().min(1).describe("A regular expression (Rust syntax), matched line by line"),
  path: z.string().min(1).max(4096).default(".").describe("The directory or file to search"),
  glob: z.string().min(1).optional().describe("Search only matching files, for example *.ts"),
  ignoreCase: z.boolean().default(false),
  context: z.int().min(0).max(20).default(0).describe("Lines to show before and after each match"),
  filesOnly: z.boolean().default(false).describe("List the files with matches, not the lines"),
});

export type GrepInput = z.output<typeof input>;

export const grep: Tool<GrepInput> = {
  name: "grep",
  description:
    "Searches the contents of files and returns file:line:text for each match. " +
    "Binary files and files that .gitignore excludes are left out. Long lines are cut.",
  input,
  async prepare(search, context, signal) {
    const target = await resolvePath(search.path, context.cwd, signal);
    const run = async () => {
      const listing = new Listing((text) => context.output(text));
      const isWanted = search.glob === undefined ? () => true : matches(search.glob);
      const lineOf = search.filesOnly ? (hit: Hit) => hit.shown : shownLine;
      const options = { args: argsOf(search), target, isWanted, lineOf, listing };
      const notes = await ripgrep(options, context, signal);
      return { output: [...listing.notes("[no matches]"), ...notes].join("\n") };
    };
    return { access: { kind: "read", path: target.path, isSearch: true }, run };
  },
};

/** Lines are found though only files are listed: a hit is shown once its line was seen in the file. */
function argsOf({ pattern, ignoreCase, context, filesOnly }: GrepInput): string[] {
  const lines = ["--line-number", "--byte-offset", "--with-filename", "--null", "--no-heading"];
  const bounds = ["--max-columns=500", "--max-columns-preview", "--encoding=none"];
  return [
    ...lines,
    ...bounds,
    ...(filesOnly ? ["--max-count=1"] : [`--context=${context}`, "--no-context-separator"]),
    ignoreCase ? "--ignore-case" : "--case-sensitive",
    `--regexp=${pattern}`,
  ];
}

function shownLine({ shown, found }: Hit): string {
  if (found === undefined) return shown;
  const mark = found.isMatch ? ":" : "-";
  return `${shown}:${found.number}${mark}${found.text}`;
}
