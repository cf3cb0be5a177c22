/** Moves files into and out of a directory, all or none: each is checked right before it is replaced. */
import type { Directory } from "../files/directory";
import { log } from "../log";
import { type Move, Mover } from "./moves";

/** Then other work gets its turn: a stop must not wait for an undo of many files. */
const msAtATime = 8;

/** The moves of one restore, which can be taken back, last first. */
export class FileMoves {
  /** False when a move could not be taken back: then the old files must not be removed. */
  canRemoveOld = true;
  readonly #mover: Mover;

  /** `work` holds the new files, and those that are moved aside. */
  constructor(root: Directory, work: Directory) {
    this.#mover = new Mover(root, work);
  }

  /** Throws when one fails, after all are taken back. */
  async run(moves: Move[]): Promise<void> {
    let begun = 0;
    const rest = resting();
    try {
      for (const move of moves) {
        await rest();
        begun++;
        this.#mover.apply(move);
      }
    } catch (error) {
      await this.revert(moves.slice(0, begun));
      throw error;
    }
  }

  /** Also of moves that may not have begun. Never rejects: what cannot be taken back is logged. */
  async revert(moves: Move[]): Promise<void> {
    const rest = resting();
    for (const move of moves.toReversed()) {
      await rest();
      try {
        this.#mover.revert(move);
      } catch (err) {
        this.canRemoveOld = false;
        log.error({ err }, "A restore that failed could not take back one of its moves");
      }
    }
  }
}

function resting(): () => Promise<void> {
  let until = performance.now() + msAtATime;
  return async () => {
    if (performance.now() < until) return;
    await new Promise(setImmediate);
    until = performance.now() + msAtATime;
  };
}
