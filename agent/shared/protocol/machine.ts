/** What the machine of this server allows: `GET /api/machine`. */
import type { Sentence } from "./sentence";

export const findingStates = ["ok", "missing", "broken"] as const;

/** broken: something that was set up, or that this system can do, does not work. missing: it could be there. */
export type FindingState = (typeof findingStates)[number];

export interface Finding {
  /** A short name, such as "Sandbox". */
  about: string;
  state: FindingState;
  /** A sentence for people. */
  words: string;
  /** What to do. */
  advice?: string;
  /** The same, to be translated; without what is the same in every language. */
  said?: { words?: Sentence; advice?: Sentence };
  /** The one command that does it, to be copied. */
  command?: string;
}

export interface MachineAnswer {
  findings: Finding[];
}
