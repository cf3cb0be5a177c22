/** What a person tells models, as an engine's conversation is told it: before a message, once, and again when it has changed. */
import { createHash } from "node:crypto";
import type { EngineInstructions } from "../agent/engine-turn-types";

export interface ToldInstructions {
  /** As they are now; "" where there are none. */
  read: (signal: AbortSignal) => Promise<string>;
  /** The digest of those that the conversation has; undefined where it has none. */
  before: () => string | undefined;
  keep: (digest: string | undefined) => void;
}

export function toldInstructions({ read, before, keep }: ToldInstructions): EngineInstructions {
  let told: string | undefined;
  return {
    async toTell(isFresh, signal) {
      const text = await read(signal);
      told = text === "" ? undefined : createHash("sha256").update(text).digest("hex");
      if (told === (isFresh ? undefined : before())) return "";
      if (text === "")
        return "[The person has taken back the instructions that you were told before.]";
      return `[What the person tells you for this whole conversation, in the place of what you were told so before. The message stands below it.]\n\n${text}\n\n[The message:]`;
    },
    keep: () => keep(told),
    forget: () => keep(undefined),
  };
}
