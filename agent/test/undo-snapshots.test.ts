/** A snapshot holds each file as it is, also when one changes twice in a second: git compares times by whole seconds. */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs } from "../server/processes/create-jobs";
import { Git, type GitCall, makeGitDirectory, objectPlace } from "../server/undo/git/git";
import { Snapshots } from "../server/undo/git/snapshot";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "rein-snapshots-")));
const jobs = createJobs({ dataDir: folder });
const { signal } = new AbortController();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Does something once, right before a git command with this argument. */
class InterruptedGit extends Git {
  readonly before = new Map<string, () => Promise<void>>();

  override async run(call: GitCall, signal: AbortSignal): Promise<string> {
    for (const arg of call.args) {
      const act = this.before.get(arg);
      this.before.delete(arg);
      await act?.();
    }
    return super.run(call, signal);
  }
}

test("a change is recorded, though another file is removed and the second ends before that is written", async () => {
  const { git, snapshots, path, contentIn } = await openDirectory("removed");
  // Once more when the machine was too slow to do both within a second.
  for (let began = 0; began !== write(path("a.txt"), "two");) {
    await nextSecond();
    began = write(path("a.txt"), "one");
    write(path("b.txt"), "one");
    await snapshots.take(signal);
  }
  rmSync(path("b.txt"));
  git.before.set("--index-info", nextSecond);
  expect(await contentIn(await snapshots.take(signal))).toBe("two");
});

test("a change right after a file was recorded is in the next snapshot, though the second ends before the first is written", async () => {
  const { git, snapshots, path, contentIn } = await openDirectory("recorded");
  let began = 0;
  let changed = 1;
  while (began !== changed) {
    await nextSecond();
    began = write(path("a.txt"), "one");
    git.before.set("write-tree", async () => {
      changed = write(path("a.txt"), "two");
      await nextSecond();
    });
    expect(await contentIn(await snapshots.take(signal))).toBe("one");
  }
  expect(await contentIn(await snapshots.take(signal))).toBe("two");
});

async function openDirectory(name: string) {
  const directory = join(folder, name);
  const gitDirectory = join(folder, `${name}.git`);
  mkdirSync(directory);
  await makeGitDirectory(gitDirectory);
  const git = new InterruptedGit(jobs, { sessionId: name });
  const scope = { directory, excludes: "", isOurs: () => false };
  return {
    git,
    snapshots: new Snapshots(git, gitDirectory, scope),
    path: (file: string) => join(directory, file),
    contentIn: ({ tree }: { tree: string }) =>
      git.run(
        { args: ["cat-file", "blob", `${tree}:a.txt`], place: objectPlace(gitDirectory) },
        signal,
      ),
  };
}

/** Returns the second in which it was written. */
function write(path: string, content: string): number {
  writeFileSync(path, content);
  return Math.floor(statSync(path).mtimeMs / 1000);
}

/** Resolves early in the next second; the time of a file can be some milliseconds behind the clock. */
async function nextSecond(): Promise<void> {
  await Bun.sleep(1050 - (Date.now() % 1000));
}
