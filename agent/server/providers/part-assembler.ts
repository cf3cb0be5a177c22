/** Parts for wires that send only deltas of text and reasoning, and never say where a part begins or ends. */
import { defined } from "../../shared/defined";
import type { PartMeta } from "../../shared/protocol";
import type { ModelEvent } from "./provider";

/** A part begins with its first delta and ends when another kind follows, or with `close`. */
export class PartAssembler {
  #open: { key: string; part: "text" | "reasoning"; meta?: PartMeta } | undefined;
  #count = 0;

  /** `meta` comes back with the part's end; the last one given counts. Empty deltas are left out. */
  *write(part: "text" | "reasoning", delta: string, meta?: PartMeta): Generator<ModelEvent> {
    if (delta === "") return;
    if (this.#open?.part !== part) {
      yield* this.close();
      this.#open = { key: `${part}-${this.#count++}`, part };
      yield { type: "part-start", key: this.#open.key, part };
    }
    if (meta) this.#open.meta = meta;
    yield { type: "part-delta", key: this.#open.key, delta };
  }

  /** Puts this into the meta of the part that is open. */
  sign(meta: PartMeta): void {
    if (this.#open) this.#open.meta = meta;
  }

  *close(): Generator<ModelEvent> {
    if (this.#open === undefined) return;
    const { key, meta } = this.#open;
    this.#open = undefined;
    yield defined({ type: "part-end" as const, key, meta });
  }
}
