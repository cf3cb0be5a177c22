/** The schemas of what a person enters about engines: paths of their programs, and agents of their own. */
import { z } from "zod";
import { name, path } from "./value-schemas";

/** So many agents of one's own. */
export const maxOwnAgents = 30;

const programPath = path.regex(/^(?:~?\/)/, "expected an absolute path of a program");
const argument = z
  .string()
  .max(4096)
  .refine((text) => !text.includes("\0"), "expected an argument without a NUL");
/** The program and its arguments. */
const command = z
  .array(argument)
  .max(100)
  .refine((list) => (list[0] ?? "").trim() !== "", "expected a program, and its arguments");
const variable = z
  .string()
  .regex(/^[A-Za-z_]\w{0,99}$/, "expected the name of a variable: letters, digits and _");
const value = z
  .string()
  .max(10_000)
  .refine((text) => !text.includes("\0"), "expected a value without a NUL");
/** Not the root: nothing of the machine would be protected. */
const writable = z
  .array(path.regex(/^(?:~?\/)+[^/]/, "expected an absolute path of a folder"))
  .max(30);
const agentName = name.max(60);
const ownId = z
  .string()
  .regex(/^own-[a-z0-9-]{1,40}$/, "expected an id: own- and small letters, digits and -");

/** As the settings file has it. */
export const engineSettings = z.object({
  paths: z.record(name, programPath).default({}),
  own: z
    .record(
      ownId,
      z.object({
        name: agentName,
        command,
        environment: z.record(variable, value).default({}),
        writable: writable.exactOptional(),
      }),
    )
    .default({}),
});

/** `null` removes an entry, absent leaves it as it is; of variables too. */
export const engineChanges = z.strictObject({
  paths: z.record(name, programPath.nullable()).optional(),
  own: z
    .record(
      ownId,
      z
        .strictObject({
          name: agentName,
          command,
          environment: z.record(variable, value.nullable()).optional(),
          writable: writable.optional(),
        })
        .nullable(),
    )
    .optional(),
});

export type EngineChanges = z.input<typeof engineChanges>;
