/** What was reverted, for a while: enough to take it back. Only in memory. */
import type { Name } from "../undo/git/git-path";
import { newId } from "../id";
import type { Side } from "./file-side";

export interface Reverted {
  sessionId: string;
  cwd: string;
  name: Name;
  /** What was there. */
  was: Side;
  /** The digest of what was left there. */
  left: string;
}

const maxKept = 100;
const maxBytes = 30_000_000;

export class Reverts {
  readonly #kept = new Map<string, Reverted>();

  /** Returns the name by which it is taken. */
  keep(reverted: Reverted): string {
    const token = newId();
    this.#kept.set(token, reverted);
    for (const oldest of this.#kept.keys()) {
      const bytes = [...this.#kept.values()].reduce(
        (sum, { was }) => sum + (was.bytes?.length ?? 0),
        0,
      );
      if (this.#kept.size <= maxKept && bytes <= maxBytes) break;
      this.#kept.delete(oldest);
    }
    return token;
  }

  /** Undefined when it was taken already: only the first call has it. */
  take(token: string, sessionId: string): Reverted | undefined {
    const found = this.#kept.get(token);
    if (found?.sessionId !== sessionId) return undefined;
    this.#kept.delete(token);
    return found;
  }

  /** It was not taken back after all. */
  giveBack(token: string, reverted: Reverted): void {
    this.#kept.set(token, reverted);
  }
}
