/** What sessions have on disk outside the database: in each root a directory for each session, by its id, that goes with it. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { neverAborts, within } from "../abort";
import { removeTree } from "../files/remove-tree";
import { log } from "../log";

/** The files of a session are many at most, not slow. */
const waitMs = 5_000;

export class SessionDirectories {
  readonly #roots: readonly string[];

  /** A root need not exist, and has nothing else in it. */
  constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  /**
   * Removes those of a session that is gone, after the end of its processes. Resolves after some seconds at the latest, and
   * goes on with the rest. Never rejects: what the disk refuses is logged, and is for the next start.
   */
  async remove(sessionId: string): Promise<void> {
    const removals = this.#roots.map((root) => removeOne(join(root, sessionId)));
    await within(waitMs, Promise.all(removals), neverAborts);
  }

  /**
   * Removes those of sessions that are gone: a crash came between. `isThere`: whether there is such a session, one that
   * cannot be read too. Rejects with what that throws; what the disk refuses is logged.
   */
  async removeOrphans(isThere: (sessionId: string) => boolean): Promise<void> {
    for (const root of this.#roots)
      for (const name of await namesIn(root)) if (!isThere(name)) await removeOne(join(root, name));
  }
}

async function namesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []); // none yet
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function removeOne(path: string): Promise<void> {
  try {
    await removeTree(path);
  } catch (err) {
    log.error({ err }, "Files of a deleted session could not be removed");
  }
}
