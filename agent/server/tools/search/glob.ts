/** The glob tool: the files whose paths match a pattern. */
import { z } from "zod";
import { Listing, matches } from "./search-listing";
import { resolvePath } from "../files/resolved-path";
import { type Hit, ripgrep } from "./ripgrep";
import type { Tool } from "../tool";

const input = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .describe("For example *.ts (in any directory), src/**/*.ts, or **/test/*.{js,ts}"),
  path: z.string().min(1).max(4096).default(".").describe("The directory to search"),
});

export type GlobInput = z.output<typeof input>;

export const glob: Tool<GlobInput> = {
  name: "glob",
  description:
    "Lists the files whose paths, relative to the searched directory, match a pattern, sorted by path. " +
    "Files that .gitignore excludes are left out.",
  input,
  async prepare({ pattern, path }, context, signal) {
    const target = await resolvePath(path, context.cwd, signal);
    const run = async () => {
      const listing = new Listing((text) => context.output(text));
      // ripgrep's own --glob would include files that .gitignore excludes.
      const isWanted = matches(pattern);
      const lineOf = (hit: Hit) => hit.shown;
      const options = { args: ["--files"], target, isWanted, lineOf, listing };
      const notes = await ripgrep(options, context, signal);
      return { output: [...listing.notes("[no matching files]"), ...notes].join("\n") };
    };
    return { access: { kind: "read", path: target.path, isSearch: true }, run };
  },
};
