/** A run that only waits does not forbid an undo, and what the undo puts back is no change of its own; one that writes does. */
import { beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunWatch, Undo } from "../server/undo/undo";
import { rejectionOf } from "./provider-wires";
import { decisions, jobsAfter, never, undoBench } from "./undo-bench";
import { filesIn, shell } from "./undo-scene";
import { treeIn } from "./undo-trees";

const bench = undoBench();

let [cwd, dataDir] = ["", ""];
let undo: Undo;
let beforeCall: (command: string[]) => Promise<void>;
beforeEach(() => {
  [cwd, dataDir] = [bench.directory(), bench.directory()];
  beforeCall = async () => {};
  undo = bench.open(
    dataDir,
    jobsAfter((command) => beforeCall(command)),
  );
});

test("a run that waits for an approval forbids no undo, and what that puts back is not among its changes", async () => {
  write("a", "before");
  const before = filesIn(cwd);
  const first = await begin("first");
  // Begun while the other writes, so that its first snapshot already holds some of that.
  write("a", "by the first run");
  const waiting = await begin("waiting");
  await change(waiting, () => write("own", "by the waiting run"));
  await change(first, () => {
    mkdirSync(join(cwd, "made/empty"), { recursive: true });
    write("b", "by the first run");
  });
  const changes = await first.end();
  expect(changes.files.map(({ path }) => path)).toEqual(["a", "b", "made/empty/", "own"]);
  await undo.undo("first", { ...decisions, spare: ["own"] }, never);
  expect(filesIn(cwd)).toEqual({ ...before, own: expect.any(String) });

  await change(waiting, () => write("later", "by the waiting run"));
  const own = await waiting.end();
  expect(own.files.map(({ path }) => path)).toEqual(["later", "own"]);
});

test("one in the directory above that has written nothing yet has none of the changes of an undo", async () => {
  const inner = join(cwd, "inner");
  mkdirSync(inner);
  const first = await begin("first", inner);
  await change(first, () => write("inner/a", "x"));
  await first.end();
  // By then it has read every file.
  const { promise: hasLooked, resolve } = Promise.withResolvers<void>();
  beforeCall = async (command) => {
    if (command.includes("write-tree")) resolve();
  };
  const waiting = undo.begin({ id: "of waiting", cwd }, "waiting");
  await hasLooked;
  await undo.undo("first", decisions, never);
  await waiting.ready(never);
  await change(waiting, () => write("own", "x"));
  expect((await waiting.end()).files).toEqual([{ path: "own", kind: "created" }]);
});

test("a run that writes forbids an undo and is named; a call that comes during an undo waits for it", async () => {
  write("a", "before");
  const first = await begin("first");
  await change(first, () => write("a", "x"));
  await first.end();
  const other = await begin("other");
  const writing = other.write()!;
  const refusal = await rejectionOf(undo.undo("first", decisions, never));
  expect(refusal).toMatchObject({
    code: "run-active",
    run: { sessionId: "of other", runId: "other" },
  });
  writing[Symbol.dispose]();

  const calls: unknown[] = [];
  beforeCall = async (command) => {
    if (command.includes("checkout-index")) calls.push(other.write());
  };
  await undo.undo("first", decisions, never);
  expect(calls).toEqual([undefined]);
  await other.ready(never);
  expect(other.write()).toBeDefined();
  await other.end();
});

test.each([
  ["wrote nothing", false],
  ["changed a file", true],
])("that another run worked here is said only of one that did: it %s", async (_, hasChanged) => {
  const other = await begin("other");
  // It looks about, and is over when this run makes its change.
  if (!hasChanged) await change(other, () => readdirSync(cwd));
  // The clock of files is behind by some milliseconds: what is nearer than that counts as at the same time.
  for (const over = Date.now(); Date.now() - over < 50;) await Bun.sleep(5);
  const first = await begin("first");
  if (hasChanged) await change(other, () => write("by the other", "x"));
  else await change(first, () => write("mine", "x"));
  const { unseen } = await first.end();
  expect(unseen.some((one) => one.startsWith("Another run worked here"))).toBe(hasChanged);
  await other.end();
});

test("rules that the run wrote or changed hide nothing of it, and what was ignored before stays ignored", async () => {
  write(".gitignore", "*.env\n");
  write("kept.env", "precious");
  shell(cwd, "git init -q . && git add . && git commit -qm first");
  const before = treeIn(cwd);
  const run = await begin("run");
  await change(run, () => {
    write(".gitignore", "build/\n*.o\n");
    mkdirSync(join(cwd, "build/deep"), { recursive: true });
    write("build/deep/out", "x");
    write("main.o", "x");
    write("kept.env", "changed");
    // Tracked by now, which says nothing of what it was.
    shell(cwd, "git add -f kept.env");
  });
  const changes = await run.end();
  expect(changes.files.map(({ path }) => path)).toEqual([".gitignore", "build/deep/out", "main.o"]);
  expect(changes.unseen.join(" ")).toContain("kept.env");
  await undo.undo("run", decisions, never);
  const after = treeIn(cwd);
  expect(after.get("kept.env")).not.toBe(before.get("kept.env"));
  expect([...after.keys()]).toEqual([...before.keys()]);
  // What a later run makes there is what the user ignores by then.
  await undo.redo("run", decisions, never);
  const next = await begin("next");
  await change(next, () => write("build/deep/out", "again"));
  expect((await next.end()).count).toBe(0);
});

test("a session that is deleted leaves no snapshots of a directory in which it recorded nothing", async () => {
  const watch = undo.begin({ id: "session", cwd }, "run");
  const kept = () => readdirSync(join(dataDir, "undo")).filter((name) => /^\w{32}$/.test(name));
  await undo.settle(never);
  expect(kept()).toHaveLength(1);
  await undo.forget("session", cwd);
  // Its run may still record.
  expect(kept()).toHaveLength(1);
  await watch.end();
  await undo.forget("session", cwd);
  expect(kept()).toEqual([]);
  expect(existsSync(cwd)).toBe(true);
});

async function begin(runId: string, at = cwd): Promise<RunWatch> {
  const watch = undo.begin({ id: `of ${runId}`, cwd: at }, runId);
  await watch.ready(never);
  return watch;
}

async function change(watch: RunWatch, act: () => unknown): Promise<void> {
  await watch.ready(never);
  using _ = watch.write()!;
  act();
}

function write(name: string, content: string): void {
  writeFileSync(join(cwd, name), content);
}
