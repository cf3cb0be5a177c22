/** What is known of each engine: looked up when it is asked for, and kept for a short time. */
import type { Engine, EngineLook } from "./engine";

/** Its program may have been replaced. */
const readyMs = 60_000;
/** Another state is what a person is about to change. */
const otherMs = 3_000;
/** A program says its version within this time, on a busy machine too. */
const lookMs = 10_000;

interface Kept {
  look: Promise<EngineLook>;
  /** Milliseconds since the epoch; absent while it is being looked up. */
  until?: number;
}

export class EngineLooks {
  readonly #kept = new Map<string, Kept>();

  /** Never rejects, and takes ten seconds at most. Calls at the same time share one look. */
  of(engine: Engine): Promise<EngineLook> {
    const before = this.#kept.get(engine.id);
    if (before !== undefined && (before.until ?? Infinity) > Date.now()) return before.look;
    const kept: Kept = {
      look: lookAt(engine).then((look) => {
        kept.until = Date.now() + (look.state === "ready" ? readyMs : otherMs);
        return look;
      }),
    };
    this.#kept.set(engine.id, kept);
    return kept.look;
  }

  /** The settings have changed. */
  expire(): void {
    this.#kept.clear();
  }
}

async function lookAt(engine: Engine): Promise<EngineLook> {
  try {
    return await engine.look(AbortSignal.timeout(lookMs));
  } catch {
    // Only the time-out's own reason.
    return { state: "unusable", reason: `${engine.name} did not say its version in time.` };
  }
}
