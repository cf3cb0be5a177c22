/** A directory that is swapped for a link during an undo leads no move of a file outside. */
import { describe, expect, test } from "bun:test";
import { linkSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Directory } from "../../server/files/directory";
import { FileMoves } from "../../server/undo/file-moves";
import { findFileState } from "../../server/undo/file-state";
import { nameOf } from "../../server/undo/git/git-path";
import { RestoreError } from "../../server/undo/moves";
import { planMoves, type Task } from "../../server/undo/plan-moves";
import { levels, SwappedPaths, triesOf } from "./swapped-paths";

const never = new AbortController().signal;
const state = { kind: "file" as const, blob: "of the run", mode: 0o644 };

describe.each(levels)("while the %s is swapped for a link that leads out", (level) => {
  test.each(["put back", "removed", "made in a new directory"])(
    "no file outside is %s",
    async (what) => {
      await using paths = await SwappedPaths.start(level);
      const folder = join(paths.cwd, "work");
      mkdirSync(folder);
      using root = Directory.openSync(paths.cwd);
      using work = root.directorySync("work");
      const counts = { moved: 0, refused: 0, written: 0 };
      const tries = triesOf(300);
      // The swaps were at work, where the path is one that is swapped; beside load that may take longer.
      const isSwapped = level !== "file" || what !== "made in a new directory";
      const isSeen = () => counts.moved > 0 && (counts.refused > 0 || !isSwapped);
      for (let at = 0; at < tries || (at < 20 * tries && !isSeen()); at++) {
        linkSync(paths.kept, join(folder, "fresh"));
        const name = nameOf(what === "made in a new directory" ? "a/b/c/file.txt" : "a/b/file.txt");
        const step = what === "removed" ? { name, expected: state } : { name, wanted: state };
        // As the conflict check sees it; the swap goes on.
        const found = await findFileState(root, step, never);
        const task: Task = { step, found };
        try {
          await new FileMoves(root, work).run(
            planMoves(root, work, [task], new Map([[task, "fresh"]])),
            () => undefined,
          );
          counts.moved++;
        } catch (error) {
          if (!(error instanceof RestoreError || (error as { code?: string }).code)) throw error;
          counts.refused++;
        }
        if (paths.isOutsideChanged()) counts.written++;
        for (const kept of ["fresh", "old-0", "old-1"]) rmSync(join(folder, kept), { force: true });
        paths.restoreInside();
      }
      if (process.env.REIN_TRIES === "full") console.log(what, level, JSON.stringify(counts));
      expect(counts.written).toBe(0);
      expect(isSeen()).toBe(true);
    },
  );
});
