/** The schemas of instructions, commands, skills and roles, and of the notes about a project. */
import { z } from "zod";
import {
  type CommandCall,
  type CommandLine,
  type Definition,
  definitionKinds,
  type DefinitionOrigin,
  efforts,
  type MemoryAnswer,
  type MemoryLine,
  memoryStates,
  type ProjectView,
  type RoleFacts,
} from "../protocol";
import { shape } from "./shape";
import { count, text, time, yes } from "./value-shapes";

export const definitionOrigin = shape<DefinitionOrigin>(
  "DefinitionOrigin",
  "Whose it is: of Rein, of the person, or of the project.",
)(z.enum(["built-in", "person", "project"]));

export const commandCall = shape<CommandCall>(
  "CommandCall",
  "A command as a person typed it, without the slash.",
)(z.strictObject({ name: text, arguments: text }));

export const commandLine = shape<CommandLine>(
  "CommandLine",
  "A line of a command that is run before the model is asked.",
)(
  z.strictObject({
    command: text,
    parameters: z.array(text).optional().describe("Bash’s `$0`, `$1` …"),
    arguments: text.optional().describe("Its `$ARGUMENTS`."),
  }),
);

const roleFacts = shape<RoleFacts>(
  "RoleFacts",
  "What a role says of its subagents.",
)(
  z.strictObject({
    tools: z.array(text).optional().describe("Those that they have, and no others."),
    withoutTools: z.array(text).optional().describe("What they do not have of the rest."),
    provider: text.optional(),
    model: text.optional(),
    effort: z.enum(efforts).optional(),
    turns: count.optional(),
  }),
);

const definition = shape<Definition>(
  "Definition",
  "A file that says how an agent works, or a language server.",
)(
  z.strictObject({
    kind: z.enum(definitionKinds),
    name: text,
    origin: definitionOrigin,
    path: text,
    digest: text.describe("An answer repeats it: it is for exactly this."),
    standing: z
      .enum(["on", "asked", "refused", "off"])
      .describe("asked: it does nothing until a person has answered."),
    description: text,
    argumentHint: text.optional(),
    forModelOnly: z
      .literal(true)
      .optional()
      .describe("Of a skill: no person calls it by its name."),
    text,
    files: z
      .array(z.strictObject({ path: text, bytes: count }))
      .optional()
      .describe("Of a skill: what else is in its folder."),
    runs: z.array(text).describe("The commands that it runs."),
    grants: z.array(text).describe("What it allows while it acts, in words."),
    notes: z.array(text).describe("What of it is not used, and why."),
    role: roleFacts.optional(),
    anyChange: yes.optional().describe("It also acts when it changes."),
    before: text.optional().describe("The text that was allowed before it changed."),
  }),
);

export const projectView = shape<ProjectView>(
  "Project",
  "What acts in a directory, and what waits for an answer.",
)(
  z.strictObject({
    cwd: text,
    root: text.describe("The nearest directory with .git, else the directory itself."),
    definitions: z.array(definition),
    problems: z.array(text),
    memory: z.strictObject({ kept: count, proposed: count }),
  }),
);

const memoryLine = shape<MemoryLine>(
  "MemoryLine",
  "A note about a project.",
)(
  z.strictObject({
    id: text,
    text,
    state: z.enum(memoryStates).describe("No model is told of one that is only proposed."),
    by: z.enum(["model", "person"]),
    sessionId: text.optional(),
    runId: text.optional(),
    createdAt: time,
    replaces: text.optional().describe("The line in whose place it would be kept."),
    removes: text.optional().describe("The line that would be removed."),
  }),
);

export const memoryAnswer = shape<MemoryAnswer>(
  "Memory",
  "The notes about a project, in their order.",
)(z.strictObject({ root: text, lines: z.array(memoryLine) }));
