/** An undo that kill -9 cuts is taken back or has happened, whatever the moment: nothing is half, and no folder of it is left. */
import { expect, test } from "bun:test";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Directory } from "../server/files/directory";
import { findFileState, type Step } from "../server/undo/file-state";
import { Mover } from "../server/undo/moves";
import { planMoves, setsModeOnly, type Task } from "../server/undo/plan-moves";
import { takeBack } from "../server/undo/restore";
import type { Move } from "../server/undo/restore-journal";
import { Undo } from "../server/undo/undo";
import { UndoRecords } from "../server/undo/undo-records";
import { testJobs } from "./processes-bench";
import { beginRun, never, undoBench } from "./undo-bench";
import { shell } from "./undo-scene";
import { treeIn } from "./undo-trees";
import { until } from "./within";

const bench = undoBench();
const workFolder = ".rein-undo-work";

test("after each of its moves, and in the middle of one, an undo is taken back, however often that is cut and begun again", async () => {
  const cwd = bench.directory();
  fill(cwd);
  const before = treeIn(cwd);
  const { length } = await plan(cwd);
  rmSync(join(cwd, workFolder), { recursive: true });
  expect(length).toBeGreaterThan(16);
  for (let done = 0; done <= length; done++)
    for (let cut = done % 3; cut <= done + 1; cut += 3) {
      const moves = await plan(cwd);
      using root = Directory.openSync(cwd);
      using work = root.directorySync(workFolder);
      const mover = new Mover(root, work);
      for (const move of moves.slice(0, done)) mover.apply(move);
      const next = moves[done];
      // A file is replaced in two steps: the old one is linked aside first.
      if (next?.do === "place" && next.version.includes(":"))
        linkSync(join(cwd, next.name), work.at(next.old));
      const back = moves.toReversed();
      const untilCut = back.slice(0, length - done + cut);
      const thrice = [...untilCut, ...back, ...untilCut];
      expect(thrice.filter((move) => !mover.revert(move))).toEqual([]);
      // A directory is made again in two steps too.
      const last = untilCut.at(-1);
      if (last?.do === "remove") chmodSync(join(cwd, last.name), 0o700);
      if (cut % 2 === 0) rmSync(work.at("new-0"), { force: true });
      let rest = moves;
      for (const start of ["second", "third"]) {
        const takenBack = (left: Move[]) => void (rest = left);
        expect(await takeBack(cwd, workFolder, rest, takenBack, never)).toBe(true);
        expect({ done, cut, start, tree: treeIn(cwd) }).toEqual({ done, cut, start, tree: before });
      }
      expect(rest).toEqual([]);
    }
});

test("what a person has changed since an undo was cut stays, and what the undo had moved aside is kept", async () => {
  const cwd = bench.directory();
  fill(cwd);
  const moves = await plan(cwd);
  using root = Directory.openSync(cwd);
  using work = root.directorySync(workFolder);
  const mover = new Mover(root, work);
  for (const move of moves) mover.apply(move);
  const byPerson = ["changed", "made", "gone/deep/file"];
  for (const name of byPerson) writeFileSync(join(cwd, name), "by a person");
  expect(await takeBack(cwd, workFolder, moves, () => undefined, never)).toBe(true);
  for (const name of byPerson) expect(readFileSync(join(cwd, name), "utf8")).toBe("by a person");
  expect(readFileSync(join(cwd, "dir-to-be"), "utf8")).toBe("dir-to-be");
  const kept = readdirSync(join(cwd, workFolder));
  expect(kept.map((name) => readFileSync(join(cwd, workFolder, name), "utf8")).toSorted()).toEqual([
    "changed",
    "made",
  ]);
  expect(kept.every((name) => name.startsWith("kept-"))).toBe(true);
});

test("the folder of an undo that is taken back keeps what is not of the undo", async () => {
  const cwd = bench.directory();
  fill(cwd);
  const moves = await plan(cwd);
  writeFileSync(join(cwd, workFolder, "old-99"), "precious");
  mkdirSync(join(cwd, workFolder, "new-98/deep"), { recursive: true });
  expect(await takeBack(cwd, workFolder, moves, () => undefined, never)).toBe(true);
  expect(readdirSync(join(cwd, workFolder)).toSorted()).toEqual(["new-98", "old-99"]);
});

test("a cut undo whose directory or folder is gone or replaced is given up, and tried no more", async () => {
  const [cwd, dataDir] = [bench.directory(), bench.directory()];
  new Undo(dataDir, testJobs()).close();
  const path = join(dataDir, "undo/undo.db");
  const records = new UndoRecords(path);
  bench.defer(() => records.close());
  mkdirSync(join(cwd, "there"));
  symlinkSync("there", join(cwd, "link"));
  symlinkSync("..", join(cwd, "there", `${workFolder}-link`));
  const moves: Move[] = [{ do: "aside", name: "file", old: "old-0", version: "1:2:3:4" }];
  for (const [index, name] of ["gone", "link", "there"].entries())
    records.beginRestore(join(cwd, name), `${workFolder}-${index}`, moves);
  records.beginRestore(join(cwd, "there"), `${workFolder}-link`, moves);
  expect(records.openRestores()).toHaveLength(4);
  bench.open(dataDir);
  await until(() => records.openRestores().length === 0, "they are given up");
});

/** One of each kind of move. */
function fill(cwd: string): void {
  for (const name of ["changed", "made", "mode", "dir-to-be"]) writeFileSync(join(cwd, name), name);
  chmodSync(join(cwd, "dir-to-be"), 0o755);
  mkdirSync(join(cwd, "made-dir/inner"), { recursive: true });
  mkdirSync(join(cwd, "file-to-be"));
  mkdirSync(join(cwd, "closed"), { mode: 0o700 });
  mkdirSync(join(cwd, "opened"));
  writeFileSync(join(cwd, "opened/file"), "x");
  chmodSync(join(cwd, "opened"), 0o500);
  writeFileSync(join(cwd, "made-dir/inner/file"), "x");
  symlinkSync("elsewhere", join(cwd, "link"));
  Bun.spawnSync(["mkfifo", join(cwd, "pipe")]);
}

async function plan(cwd: string): Promise<Move[]> {
  const file = { kind: "file", blob: "b", mode: 0o644 } as const;
  const other = { ...file, blob: "c" };
  const folder = { kind: "directory", blob: "", mode: 0o755 } as const;
  const steps: Step[] = [
    { name: "changed", expected: other, wanted: file },
    { name: "made", expected: file },
    { name: "pipe", expected: { kind: "special", blob: "4096:0", mode: 0o644 } },
    { name: "link", expected: { kind: "link", blob: "d", mode: 0o777 }, wanted: file },
    { name: "mode", expected: file, wanted: { ...file, mode: 0o600 } },
    { name: "made-dir", expected: folder },
    { name: "made-dir/inner", expected: folder },
    { name: "made-dir/inner/file", expected: file },
    { name: "file-to-be", expected: folder, wanted: file },
    { name: "dir-to-be", expected: file, wanted: folder },
    { name: "dir-to-be/sub/file", wanted: file },
    { name: "opened/file", expected: other, wanted: file },
    { name: "gone/deep", wanted: { ...folder, mode: 0o700 } },
    { name: "gone/deep/file", wanted: file },
    { name: "closed", expected: { ...folder, mode: 0o700 }, wanted: folder },
  ];
  using root = Directory.openSync(cwd);
  mkdirSync(join(cwd, workFolder), { mode: 0o700 });
  const tasks: Task[] = [];
  for (const step of steps) tasks.push({ step, found: await findFileState(root, step, never) });
  const placed = tasks.filter((task) => task.step.wanted?.kind === "file" && !setsModeOnly(task));
  const fresh = new Map(placed.map((task, index) => [task, `new-${index}`]));
  for (const name of fresh.values()) writeFileSync(join(cwd, workFolder, name), "fresh");
  using work = root.directorySync(workFolder);
  const moves = planMoves(root, work, tasks, fresh);
  // As of its owner, who is not root.
  const opened = { do: "mode", name: "opened", of: "directory" } as const;
  return [
    { ...opened, from: 0o500, to: 0o700 },
    ...moves,
    { ...opened, from: 0o700, to: 0o550, isClosing: true },
  ];
}

test("an undo during which the server is killed is taken back by the next one", async () => {
  const [cwd, dataDir] = [bench.directory(), bench.directory()];
  for (let at = 0; at < 160; at++) {
    if (at % 40 === 0) mkdirSync(join(cwd, String(at)));
    writeFileSync(join(cwd, String(at - (at % 40)), `f${at}`), `before ${at}`);
  }
  const undo = new Undo(dataDir, testJobs());
  const command =
    "for f in */*; do echo run > $f; done; rm -r 40; mkdir -p new/empty; mkfifo pipe; chmod 700 80";
  const watch = await beginRun(undo, cwd, () => shell(cwd, command));
  await watch.end();
  undo.close();
  const after = treeIn(cwd);
  await killDuringUndo(dataDir, cwd);
  const next = new Undo(dataDir, testJobs());
  const ready = next.begin({ id: "other", cwd }, "other");
  await ready.ready(never);
  expect(readdirSync(cwd).filter((name) => name.startsWith(".rein-undo-"))).toEqual([]);
  expect(treeIn(cwd)).toEqual(after);
  await ready.end();
  next.close();
}, 60_000);

/** A process of its own undoes the run, and is killed once 60 files have been moved aside. */
async function killDuringUndo(dataDir: string, cwd: string): Promise<void> {
  const program = `
    const { Undo } = await import(${JSON.stringify(join(import.meta.dir, "../server/undo/undo"))});
    const { createJobs } = await import(${JSON.stringify(join(import.meta.dir, "../server/processes/create-jobs"))});
    const { readdirSync } = await import("node:fs");
    const undo = new Undo(process.argv[1], createJobs({ dataDir: process.argv[1] }));
    const look = () => {
      const folder = readdirSync(process.argv[2]).find((name) => name.startsWith(".rein-undo-"));
      const moved = folder && readdirSync(process.argv[2] + "/" + folder).filter((name) => name.startsWith("old-"));
      if (moved && moved.length >= 60) process.kill(process.pid, "SIGKILL");
      setImmediate(look);
    };
    look();
    await undo.undo("run", { overwrite: [], spare: [], evenIfNotNewest: true }, new AbortController().signal);
    process.exit();`;
  const child = Bun.spawn([process.execPath, "-e", program, dataDir, cwd], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  await child.exited;
}
