/** The schemas of the requests about what a project brings, and of the notes about it. */
import { z } from "zod";
import { definitionKinds, memoryStates } from "../protocol";
import { digest } from "./value-schemas";

const cwd = z.string().min(1).max(4096).optional();

/** By its path, where it has no other name. */
const definitionName = z.string().min(1).max(4096);

/** A command's name is that of its file, with its folders: `team/review`. */
export const commandCall = z.strictObject({
  name: z
    .string()
    .max(400)
    .regex(
      /^[\p{L}\p{N}][\p{L}\p{N}._-]*(?:\/[\p{L}\p{N}][\p{L}\p{N}._-]*){0,4}$/u,
      "expected the name of a command, without the slash",
    ),
  arguments: z
    .string()
    .max(100_000)
    .regex(/^[^\0]*$/, "expected no NUL")
    .default(""),
});

/** What of the person's own is switched off. */
export const definitionsOff = z
  .array(z.strictObject({ kind: z.enum(definitionKinds), name: definitionName }))
  .max(1000);

/** Of `GET /api/project` and `GET /api/memory`: a directory, by default the server's. */
export const projectQuery = z.strictObject({ cwd });

/** A person's answers to what `GET /api/project` showed: all are kept, or, when one has changed since, none. */
export const projectAnswerRequest = z.strictObject({
  cwd,
  answers: z
    .array(
      z
        .strictObject({
          kind: z.enum(definitionKinds),
          name: definitionName,
          digest: digest.describe("Of the definition as it was shown."),
          answer: z.enum(["allow", "refuse"]),
          anyChange: z
            .literal(true)
            .optional()
            .describe("Allow it also when it changes; of instructions alone."),
        })
        .refine(
          ({ kind, answer, anyChange }) =>
            anyChange === undefined || (kind === "instructions" && answer === "allow"),
          { message: "expected anyChange only where instructions are allowed" },
        ),
    )
    .min(1)
    .max(1000),
});

export const maxNoteCharacters = 300;

/** One line: in the prompt it stands among others. */
const note = z
  .string()
  .trim()
  .min(1, "expected some text")
  .max(maxNoteCharacters)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, "expected one line without control characters");

export const noteRequest = z.strictObject({ cwd, text: note });

/** To keep what was proposed, as it is or edited, or to edit what was kept. */
export const notePatchRequest = z.strictObject({
  cwd,
  text: note.optional(),
  state: z.enum(memoryStates).extract(["kept"]).optional(),
});

export type ProjectAnswerRequest = z.input<typeof projectAnswerRequest>;
export type NoteRequest = z.input<typeof noteRequest>;
export type NotePatchRequest = z.input<typeof notePatchRequest>;
