/** Files that say how an agent works: instructions, commands, skills and roles; and what people have answered about a project's. */
import type { Effort } from "./models";

export const definitionKinds = [
  "instructions",
  "command",
  "skill",
  "role",
  "language-server",
] as const;

export type DefinitionKind = (typeof definitionKinds)[number];

/** built-in: of Rein. person: of the person's home or settings, for every project. project: of the project's directory. */
export type DefinitionOrigin = "built-in" | "person" | "project";

export interface Definition {
  kind: DefinitionKind;
  name: string;
  origin: DefinitionOrigin;
  /** Of a project's: relative to its root. */
  path: string;
  /** SHA-256 (hex) of all that acts. An answer is for it alone. */
  digest: string;
  /** asked: a person has not answered yet, and it does nothing. off: the person has switched it off. */
  standing: "on" | "asked" | "refused" | "off";
  description: string;
  /** Of a command: what to type behind its name. */
  argumentHint?: string;
  /** Of a skill: no person calls it by its name. */
  forModelOnly?: true;
  /** Whole. */
  text: string;
  /** Of a skill: what else is in its folder. */
  files?: { path: string; bytes: number }[];
  /** The commands that it runs, each as it is written. */
  runs: string[];
  /** What it allows while it acts, in words. */
  grants: string[];
  /** What of it is not used, and why, in sentences. */
  notes: string[];
  role?: RoleFacts;
  /** It also acts when it changes; of instructions alone. */
  anyChange?: true;
  /** The text that was allowed before it changed. */
  before?: string;
}

/** What a role says of its subagents. */
export interface RoleFacts {
  /** Those that they have, and no others; absent: all that a subagent can have. */
  tools?: string[];
  /** What they do not have of the rest. */
  withoutTools?: string[];
  provider?: string;
  model?: string;
  effort?: Effort;
  turns?: number;
}

/** `GET /api/project?cwd=`: what acts in a directory, and what waits for an answer. */
export interface ProjectView {
  cwd: string;
  /** By which answers and notes are kept: the nearest directory with `.git`, else `cwd`. Without links. */
  root: string;
  definitions: Definition[];
  /** What cannot be read or used, in sentences. */
  problems: string[];
  /** Notes about the project: so many count, so many wait for an answer. */
  memory: { kept: number; proposed: number };
}

/** A command as a person typed it, without the slash. */
export interface CommandCall {
  name: string;
  arguments: string;
}

/** A line of a command that is run before the model is asked: the input of its call. */
export interface CommandLine {
  command: string;
  /** Of bash: its `$0`, `$1` …; absent in a line without a `$`. */
  parameters?: string[];
  /** Its `$ARGUMENTS`. */
  arguments?: string;
}
