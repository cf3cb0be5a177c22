/** What Rein reads of a language server's messages; all else in them is left out. Source: LSP 3.17. */
import { z } from "zod";
import { truncate } from "../../shared/truncate";

/** So many of one file are read. */
const mostProblems = 1_000;
const longestMessage = 1_000;

export const initializeResult = z.object({
  capabilities: z
    .object({ diagnosticProvider: z.unknown().optional() })
    .catch({ diagnosticProvider: undefined }),
});

const problem = z
  .object({
    range: z.object({ start: z.object({ line: z.number(), character: z.number() }) }),
    severity: z.number().catch(1).default(1),
    message: z.string(),
    code: z.union([z.string(), z.number()]).optional().catch(undefined),
  })
  .transform(({ range: { start }, severity, message, code }) => ({
    /** From 1 on. */
    line: start.line + 1,
    column: start.character + 1,
    /** 1 is an error, 2 a warning, 3 a remark, 4 a hint. */
    severity,
    message: truncate(message, longestMessage),
    code: code === undefined ? undefined : truncate(String(code), 60),
  }));

export type Problem = z.output<typeof problem>;

/** One that is none is left out. */
const problems = z.array(z.unknown()).transform((all) =>
  all.slice(0, mostProblems).flatMap((one) => {
    const parsed = problem.safeParse(one);
    return parsed.success ? [parsed.data] : [];
  }),
);

export const published = z.object({
  uri: z.string().max(20_000),
  version: z.number().nullish().catch(undefined),
  diagnostics: problems,
});

/** "unchanged" has no items, and is none that Rein asks for. */
export const pulled = z.object({ kind: z.literal("full"), items: problems });

export const configurationParams = z.object({ items: z.array(z.unknown()).max(1_000) });
