/** The schemas of the requests about projects, about directories to choose from, and of the person's instructions. */
import { z } from "zod";
import { digest, name, path, permissions } from "./value-schemas";

export const maxProjectInstructions = 8000;
export const maxInstructionBytes = 64_000;

const text = z.string().refine((one) => !one.includes("\0"), "expected no NUL");

/** Of `GET /api/directories`. */
export const directoriesQuery = z.strictObject({
  path: path.optional().describe("Absolute, or from `~`; by default the server’s directory."),
  find: z.string().max(255).default("").describe("Some letters of the names that are wanted."),
});

export const projectModel = z.strictObject({ provider: name, model: name });

/** What is absent stays, and null takes it away. */
export const projectRequest = z.strictObject({
  cwd: path.optional(),
  digest: digest.describe("Of the settings as they were shown."),
  instructions: text.trim().max(maxProjectInstructions).nullable().optional(),
  permissions: permissions.nullable().optional(),
  model: projectModel.nullable().optional(),
});

export const instructionsRequest = z.strictObject({
  digest: digest.describe("Of the text as it was shown."),
  text: text
    .max(maxInstructionBytes)
    .refine(
      (one) => new TextEncoder().encode(one).length <= maxInstructionBytes,
      `expected at most ${maxInstructionBytes} bytes`,
    ),
});

export type DirectoriesQuery = Partial<z.output<typeof directoriesQuery>>;
export type ProjectRequest = z.input<typeof projectRequest>;
export type InstructionsRequest = z.input<typeof instructionsRequest>;
