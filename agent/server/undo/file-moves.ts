/** Moves files into and out of a directory, all or none: each is checked right before it is replaced. */
import type { Directory } from "../files/directory";
import { log } from "../log";
import { isFileVersion } from "./file-state";
import { shown } from "./git/git-path";
import { Mover } from "./moves";
import { keptName, type Move } from "./restore-journal";
import { TimeSlice } from "../time-slice";

const maxTold = 20;

/** The moves of one restore, which can be taken back, last first. */
export class FileMoves {
  /** False when a move could not be taken back: then the old files must not be removed. */
  canRemoveOld = true;
  /** Moves that were not taken back, because another program or a person has changed the file since. */
  readonly left: Move[] = [];
  readonly #mover: Mover;

  /** `work` holds the new files, and those that are moved aside. */
  constructor(root: Directory, work: Directory) {
    this.#mover = new Mover(root, work);
  }

  /** The last thing is `done`. Throws when one fails, or that, after all are taken back. */
  async run(moves: Move[], done: () => void): Promise<void> {
    let begun = 0;
    const slice = new TimeSlice();
    try {
      for (const move of moves) {
        if (slice.isOver) await slice.rest();
        begun++;
        this.#mover.apply(move);
      }
      done();
    } catch (error) {
      await this.revert(moves.slice(0, begun));
      throw error;
    }
  }

  /** Also of moves that may not have begun. Never rejects: what cannot be taken back is logged. */
  async revert(moves: Move[]): Promise<void> {
    const slice = new TimeSlice();
    const before = this.left.length;
    for (const move of moves.toReversed()) {
      if (slice.isOver) await slice.rest();
      try {
        if (!this.#mover.revert(move)) this.left.push(move);
      } catch (err) {
        this.canRemoveOld = false;
        log.error({ err }, "A restore that failed could not take back one of its moves");
      }
    }
    const left = this.left.slice(before);
    if (left.length === 0) return;
    const files = left.slice(0, maxTold).map((move) => {
      const isKept = "old" in move && isFileVersion(move.version);
      return { name: shown(move.name), kept: isKept ? keptName(move.old) : undefined };
    });
    log.warn(
      { files, count: left.length },
      "What was changed since an undo moved it stays as it is; what had been there is in the work folder",
    );
  }
}
