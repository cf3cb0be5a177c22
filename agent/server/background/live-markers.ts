/** Which background processes live, as empty files on disk: those found at a start were left by a server that was killed. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { log } from "../log";

const ending = ".living";

export interface MarkedProcess {
  sessionId: string;
  processId: string;
}

export class LiveMarkers {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** When the file cannot be written, the process is still shown as running after a crash: that is logged, and all. */
  add(sessionId: string, processId: string): void {
    const path = this.#path(sessionId, processId);
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, "", { mode: 0o600 });
    } catch (err) {
      log.warn({ err, sessionId, processId }, "A background process could not be marked as living");
    }
  }

  /** Throws when the file cannot be removed. */
  remove(sessionId: string, processId: string): void {
    rmSync(this.#path(sessionId, processId), { force: true });
  }

  /** The marked processes. A mark that stays is found again by the next start. */
  list(): MarkedProcess[] {
    try {
      mkdirSync(this.#root, { recursive: true, mode: 0o700 });
      const names = [...new Bun.Glob(`*/*${ending}`).scanSync(this.#root)];
      return names.map((name) => {
        const [sessionId = "", file = ""] = name.split("/");
        return { sessionId, processId: file.slice(0, -ending.length) };
      });
    } catch (err) {
      log.error({ err }, "The background processes of an earlier server cannot be listed");
      return [];
    }
  }

  #path(sessionId: string, processId: string): string {
    return join(this.#root, sessionId, processId + ending);
  }
}
