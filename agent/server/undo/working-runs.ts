/** The runs that have not settled, and the undos under way: neither changes a directory while the other does. */
import { relative } from "node:path";
import { settledOrAborted } from "../abort";
import { below, type Name, nameOf } from "./git/git-path";
import type { RunRecorder } from "./run-recorder";
import type { Restored } from "./undo-and-redo";
import { UndoError } from "./undo-error";
import { overlaps } from "./undo-records";

export class WorkingRuns {
  readonly #recorders = new Set<RunRecorder>();
  readonly #undos = new Map<Promise<void>, string>();

  [Symbol.iterator](): Iterator<RunRecorder> {
    return this.#recorders.values();
  }

  add(recorder: RunRecorder): void {
    for (const other of this.in(recorder.workspace.directory)) {
      other.others.add(recorder.writes);
      recorder.others.add(other.writes);
    }
    this.#recorders.add(recorder);
  }

  remove(recorder: RunRecorder): void {
    this.#recorders.delete(recorder);
  }

  /** Those in the directory, above it or below it. */
  in(directory: string): RunRecorder[] {
    return [...this.#recorders].filter(({ workspace }) => overlaps(workspace.directory, directory));
  }

  /**
   * Does an undo there, before which no call begins to write; what it has put back is no change of the runs that wait there.
   * Throws UndoError when one writes already, or what `work` throws.
   */
  async undo<Answer>(directory: string, work: () => Promise<Restored<Answer>>): Promise<Answer> {
    const busy = this.in(directory).find(({ writes }) => writes.isOpen);
    if (busy !== undefined) {
      const message = `A run is at work in ${busy.workspace.directory}. Stop it first, or wait.`;
      throw new UndoError(409, "run-active", message, { run: busy.of });
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#undos.set(promise, directory);
    try {
      const { answer, names } = await work();
      for (const waiting of this.in(directory))
        waiting.rebase(namesIn(waiting.workspace.directory, directory, names));
      return answer;
    } finally {
      this.#undos.delete(promise);
      resolve();
    }
  }

  /** Resolves when the run may write there. Throws the signal's reason when that aborts first. */
  async ready(recorder: RunRecorder, signal: AbortSignal): Promise<void> {
    do {
      const undo = this.#undoIn(recorder);
      if (undo) await settledOrAborted(undo, signal);
      await recorder.ready(signal);
    } while (this.#undoIn(recorder));
  }

  /** A call of the run begins to write; undefined while it has to wait. */
  write(recorder: RunRecorder): Disposable | undefined {
    return recorder.isReady && !this.#undoIn(recorder) ? recorder.writes.begin() : undefined;
  }

  #undoIn({ workspace }: RunRecorder): Promise<void> | undefined {
    for (const [undo, directory] of this.#undos)
      if (overlaps(workspace.directory, directory)) return undo;
    return undefined;
  }
}

/** The names of one directory as another calls them that lies above or below it; those outside of it are left out. */
function namesIn(directory: string, from: string, names: Name[]): Name[] {
  const path = nameOf(relative(directory, from));
  if (!path.startsWith(".."))
    return names.map((name) => (name === "." ? path || "." : below(path, name)));
  const inner = `${nameOf(relative(from, directory))}/`;
  return names.flatMap((name) =>
    `${name}/` === inner ? ["."] : name.startsWith(inner) ? [name.slice(inner.length)] : [],
  );
}
