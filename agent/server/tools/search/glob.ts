/** The glob tool: the files whose paths fit a pattern. */
import { z } from "zod";
import { fits, Listing } from "./search-listing";
import { resolvePath, readPermission } from "../files/resolved-path";
import { type Hit, ripgrep } from "./ripgrep";
import type { Tool } from "../tool";

const input = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .describe("For example *.ts (in any directory), src/**/*.ts, or **/test/*.{js,ts}"),
  path: z.string().min(1).default(".").describe("The directory to look in"),
});

export type GlobInput = z.output<typeof input>;

export const glob: Tool<GlobInput> = {
  name: "glob",
  description:
    "Lists the files whose paths, relative to the directory looked in, fit a pattern, sorted by path. " +
    "What .gitignore excludes is left out.",
  input,
  permission: async ({ path }, { cwd }) => readPermission(await resolvePath(path, cwd)),
  async run({ pattern, path }, context, signal) {
    const place = await resolvePath(path, context.cwd);
    const listing = new Listing((text) => context.output(text));
    const isFitting = fits(pattern);
    const onHits = (hits: Hit[]): void =>
      listing.add(hits.filter(isFitting).map((hit) => hit.shown));
    // Not ripgrep's own --glob: it would bring back what .gitignore excludes.
    const notes = await ripgrep({ args: ["--files"], place, onHits }, context, signal);
    return { output: [...listing.notes("[no file fits]"), ...notes].join("\n") };
  },
};
