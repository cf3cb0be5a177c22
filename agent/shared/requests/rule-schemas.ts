/** The schemas of the rules of sessions and projects, and of the requests that keep and list them. */
import { z } from "zod";
import { maxRuleCharacters, maxToolCharacters, ruleHost } from "../rules";
import { digest } from "./value-schemas";

/** Only what rules may hold: a path is normal, and no text is longer than Rein stores. */
const rulePath = z
  .string()
  .min(1)
  .max(4096)
  .regex(
    /^(?!.*(^|\/)\.\.(\/|$))(\/|\.|\/?[^/\0]+(\/[^/\0]+)*)$/s,
    "expected a path without .. and //",
  );

export const rule = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("command"),
    match: z.enum(["exact", "prefix"]),
    command: z.string().min(1).max(maxRuleCharacters),
    directory: rulePath.optional(),
    state: digest.optional(),
    anywhere: z.literal(true).optional(),
    readsOnly: z.literal(true).optional(),
  }),
  z.strictObject({
    kind: z.enum(["read", "edit"]),
    match: z.enum(["file", "directory"]),
    path: rulePath,
  }),
  z
    .strictObject({
      kind: z.literal("tool"),
      tool: z.string().min(1).max(maxToolCharacters),
      match: z.enum(["tool", "exact", "host"]),
      subject: z.string().min(1).max(maxRuleCharacters).optional(),
    })
    .refine(({ match, subject }) => (match !== "tool") === (subject !== undefined), {
      message: "expected a subject with a match of “exact” or “host”, and none without",
    }),
]);

const storedId = z.string().min(1).max(64);

export const allowedRule = z.strictObject({ id: storedId, rule, createdAt: z.number() });

const ruleEffect = z.enum(["allow", "ask", "deny"]);

export const projectRule = allowedRule.extend({ effect: ruleEffect });

/** Of `GET /api/rules`, `DELETE /api/rules/:id` and `GET /api/directory`: the project's directory; by default the server's. */
export const rulesQuery = z.strictObject({ cwd: z.string().min(1).max(4096).optional() });

/** Of `GET /api/directory/files`: the best paths below a project's directory for a few letters of them. */
export const directoryFilesQuery = rulesQuery.extend({
  query: z.string().max(400).default(""),
  limit: z.coerce.number().int().min(1).max(200).default(20),
  newest: z
    .literal("1")
    .optional()
    .describe(
      "After an answer with isOld: wait until they are listed anew, which is about a second.",
    ),
});

/** A rule to keep for a project. An allowance of commands by prefix is refused for programs that run their arguments. */
export const ruleRequest = z.strictObject({
  cwd: z.string().min(1).max(4096).optional(),
  effect: ruleEffect,
  // One that is written otherwise would concern nothing.
  rule: rule.refine(
    (one) =>
      one.kind !== "tool" || one.match !== "host" || ruleHost(one.subject ?? "") === one.subject,
    {
      path: ["subject"],
      message: "expected a host as addresses have it, such as example.com or example.com:8080",
    },
  ),
});

export type DirectoryFilesQuery = Omit<z.input<typeof directoryFilesQuery>, "limit"> & {
  limit?: number;
};
export type RuleRequest = z.input<typeof ruleRequest>;
