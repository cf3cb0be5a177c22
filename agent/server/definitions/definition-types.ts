/** What acts in a directory, as it was read: its text is the one whose digest was answered, and no file is opened again. */
import type { DefinitionOrigin, RoleFacts, Rule } from "../../shared/protocol";
import type { Unanswered } from "../trust/definition-answers";

interface Acting {
  name: string;
  origin: DefinitionOrigin;
  /** As people are shown it. */
  path: string;
  digest: string;
  description: string;
  /** What of it is not used, and why, in sentences. */
  notes: string[];
}

/** `/name arguments`. */
export interface ActingCommand extends Acting {
  argumentHint?: string;
  /** What is sent, with the places of the arguments, files and lines that run. */
  text: string;
  /** As `commandLines` finds them in the text. */
  runs: string[];
  /** What it allows to its run alone. */
  grants: Rule[];
  /** For its run: as the file names it, `provider/model` or the model's name. */
  model?: string;
}

export interface ActingSkill extends Acting {
  argumentHint?: string;
  text: string;
  /** As `commandLines` finds them in the text, for when a person calls it. */
  runs: string[];
  /** Absolute, without links. */
  folder: string;
  /** What else is in it. */
  files: { path: string; bytes: number; sha256: string }[];
  /** The model may read it by itself. */
  isForModel: boolean;
  /** A person may call it by `/name`. */
  isForPerson: boolean;
}

export interface ActingRole extends Acting {
  /** What its subagents are told, behind the system prompt; may be empty. */
  text: string;
  facts: RoleFacts;
}

/** A file that was read: as people are shown it, and as it acts. */
export interface ReadDefinition<Use> {
  shown: Unanswered;
  use: Use;
}
