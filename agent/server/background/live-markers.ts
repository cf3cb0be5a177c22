/** Which processes live, on disk: what a server finds at its start is what the one before it left when it was killed. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const ending = ".living";

export class LiveMarkers {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** A disk that refuses costs no more than a process that is called living after a crash. */
  add(sessionId: string, processId: string): void {
    const path = this.#path(sessionId, processId);
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, "", { mode: 0o600 });
    } catch (error) {
      console.error(`Rein could not note that a process lives: ${String(error)}`);
    }
  }

  remove(sessionId: string, processId: string): void {
    rmSync(this.#path(sessionId, processId), { force: true });
  }

  /** Returns those that are marked, and removes their marks. */
  take(): { sessionId: string; processId: string }[] {
    mkdirSync(this.#root, { recursive: true, mode: 0o700 });
    const names = [...new Bun.Glob(`*/*${ending}`).scanSync(this.#root)];
    return names.map((name) => {
      rmSync(join(this.#root, name));
      const [sessionId = "", file = ""] = name.split("/");
      return { sessionId, processId: file.slice(0, -ending.length) };
    });
  }

  #path(sessionId: string, processId: string): string {
    return join(this.#root, sessionId, processId + ending);
  }
}
