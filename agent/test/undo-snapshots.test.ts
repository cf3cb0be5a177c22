/** A snapshot holds each file as it is, also when one changes twice in a second: git compares times by whole seconds. */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs } from "../server/processes/create-jobs";
import {
  Git,
  type GitCall,
  makeGitDirectory,
  objectPlace,
  workPlace,
} from "../server/undo/git/git";
import { Snapshots } from "../server/undo/git/snapshot";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "rein-snapshots-")));
const jobs = createJobs({ dataDir: folder });
const { signal } = new AbortController();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Does something once, right after a git command with this argument, with its index. */
class InterruptedGit extends Git {
  readonly after = new Map<string, (index: string) => void>();

  override async run(call: GitCall, signal: AbortSignal): Promise<string> {
    // The time of a change of its own cannot be set, so it says nothing here.
    const args = ["-c", "core.trustctime=false", ...call.args];
    const output = await super.run({ ...call, args }, signal);
    for (const arg of call.args) {
      const act = this.after.get(arg);
      this.after.delete(arg);
      act?.(call.place.index);
    }
    return output;
  }
}

/** That in which all is written that the test writes: what git writes by itself is in a later one. */
const second = 1_700_000_000;

test("a change is recorded, though another file is removed and the second ends before that is written", async () => {
  const { snapshots, path, index, contentIn } = await openDirectory("removed");
  write(path("a.txt"), "one");
  write(path("b.txt"), "one");
  await snapshots.take(signal);
  utimesSync(index, second, second);
  write(path("a.txt"), "two");
  rmSync(path("b.txt"));
  expect(await contentIn(await snapshots.take(signal))).toBe("two");
});

test("a change right after a file was recorded is in the next snapshot, though the second ends before the first is written", async () => {
  const { git, snapshots, path, contentIn } = await openDirectory("recorded");
  write(path("a.txt"), "one");
  git.after.set("--add", (index) => {
    utimesSync(index, second, second);
    write(path("a.txt"), "two");
  });
  expect(await contentIn(await snapshots.take(signal))).toBe("one");
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
    index: workPlace(gitDirectory, directory).index,
    path: (file: string) => join(directory, file),
    contentIn: ({ tree }: { tree: string }) =>
      git.run(
        { args: ["cat-file", "blob", `${tree}:a.txt`], place: objectPlace(gitDirectory) },
        signal,
      ),
  };
}

function write(path: string, content: string): void {
  writeFileSync(path, content);
  utimesSync(path, second, second);
}
