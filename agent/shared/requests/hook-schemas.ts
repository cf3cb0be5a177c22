/** The schemas of what a person enters about hooks and language servers: as the settings file has it, and as it is replaced. */
import { z } from "zod";
import { hookEvents } from "../protocol";
import { id, name } from "./value-schemas";

const noNul = (text: string) => !text.includes("\0");
const argument = z.string().max(8192).refine(noNul, "expected an argument without a NUL");
/** "Write|Edit" would be no tool's name, and its hook would never run. */
const toolName = z
  .string()
  .max(200)
  .regex(/^[^\s|,]+$/, "expected the name of one tool, such as edit, or mcp__server__*");
const shortName = name.max(80);

export const hook = z
  .strictObject({
    id,
    name: shortName,
    on: z.enum(hookEvents),
    tools: z.array(toolName).min(1).max(100).exactOptional(),
    command: z
      .string()
      .trim()
      .min(1, "expected a command")
      .max(10_000)
      .refine(noNul, "expected a command without a NUL"),
    timeoutSeconds: z.int().min(1).max(600).default(60),
    unconfined: z.literal(true).exactOptional(),
    isOn: z.boolean().default(true),
  })
  .refine(({ on, tools }) => tools === undefined || on === "before-tool" || on === "after-tool", {
    message: "expected tools only with a hook before or after a tool",
  });

export const hookSettings = z
  .array(hook)
  .max(50)
  .refine((all) => new Set(all.map((one) => one.id)).size === all.length, {
    message: "expected hooks with different ids",
  });

export type HookSettings = z.input<typeof hookSettings>;

export const languageServer = z.strictObject({
  name: shortName,
  /** Found on the search path, or absolute: a relative one would be a file of the session's directory. */
  command: z
    .string()
    .max(4096)
    .regex(/^(?:\/[^\0]+|[\w.+-]+)$/, "expected an absolute path, or the name of a program"),
  args: z.array(argument).max(100).default([]),
  files: z
    .array(
      z
        .string()
        .max(100)
        .regex(/^[^\0/]+$/, "expected names of files, such as *.ts"),
    )
    .min(1)
    .max(50),
  languageId: z
    .string()
    .regex(/^[\w+#.-]{1,40}$/, "expected a language as the protocol calls it: typescript"),
  waitSeconds: z.number().positive().max(30).default(3),
  isOn: z.boolean().default(true),
});

export const languageServerSettings = z
  .array(languageServer)
  .max(30)
  .refine((all) => new Set(all.map((one) => one.name)).size === all.length, {
    message: "expected language servers with different names",
  });

export type LanguageServerSettings = z.input<typeof languageServerSettings>;
