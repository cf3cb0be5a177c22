/** An undo that cannot be done, on a full disk or without git, changes nothing and says why. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reasonOf } from "../server/undo/change-summary";
import { GitError } from "../server/undo/git/git";
import { Undo } from "../server/undo/undo";
import { smallDisk } from "./disk-limit";
import { testJobs } from "./processes-bench";
import { filesIn, openUndoScene } from "./undo-scene";

const { small, lack } = smallDisk(4);

const never = new AbortController().signal;

test.skipIf(lack !== "")(`a full disk in the middle of an undo loses nothing${lack}`, async () => {
  await using scene = await openUndoScene();
  const names = ["a", "b", "c"];
  for (const name of names) writeFileSync(join(small, name), new Uint8Array(900_000).fill(65));
  const before = filesIn(small);
  const chat = await scene.run("rm a b; echo changed > c; echo new > d", { cwd: small });
  // Space for one of the three files that must be restored, and not for the second.
  writeFileSync(join(small, "filler"), new Uint8Array(2_600_000));
  const full = filesIn(small);
  const path = `/api/sessions/${chat.sessionId}/runs/${chat.runId}/undo`;
  const response = await scene.rein.fetch(path, { method: "POST", body: "{}" });
  expect(response.status).toBe(500);
  expect(await response.text()).toContain("the disk is full");
  expect(filesIn(small)).toEqual(full);
  rmSync(join(small, "filler"));
  await scene.undo(chat);
  expect(filesIn(small)).toEqual(before);
});

test.skipIf(lack !== "")(
  `a full disk of the records is told in words, and not in those of git${lack}`,
  async () => {
    const cwd = mkdtempSync(join(tmpdir(), "rein-cwd-"));
    const undo = new Undo(small, testJobs());
    const watch = undo.begin({ id: "session", cwd }, "run");
    await watch.ready(never);
    for (let at = 0; at < 220; at++)
      writeFileSync(join(cwd, String(at)), crypto.getRandomValues(new Uint8Array(30_000)));
    const changes = await watch.end();
    undo.close();
    rmSync(cwd, { recursive: true });
    expect(changes).toMatchObject({ state: "unknown" });
    expect(changes.reason).toMatch(
      /^The working directory could not be recorded: the disk is full \([\d.]+ MB are left\)$/,
    );
  },
);

test("of a git that fails the words are in the log, and not in the reason", () => {
  const raw = "fatal: bad object 8f3c";
  expect(reasonOf(new GitError(raw), tmpdir())).not.toContain("fatal");
  expect(
    reasonOf(new GitError("fatal: sha1 file 'tmp_pack_7' write error. Out of diskspace"), tmpdir()),
  ).toMatch(/recorded: the disk is full \(/);
});

test("where the snapshots are gone a failure is told as itself", () => {
  expect(reasonOf(new Error("it was cut"), join(small, "gone"))).toEndWith(": it was cut");
});

describe("without git", () => {
  const bin = mkdtempSync(join(tmpdir(), "rein-bin-"));
  beforeAll(() => {
    mkdirSync(bin, { recursive: true });
    for (const name of ["bash", "sh", "sleep", "touch", "rm"]) {
      const path = Bun.which(name);
      if (path !== null) symlinkSync(path, join(bin, name));
    }
  });
  afterAll(() => rmSync(bin, { recursive: true, force: true }));

  test("a run works, has its receipt, and says what an undo lacks", async () => {
    await using scene = await openUndoScene({ environment: { PATH: bin } });
    const chat = await scene.run("touch made");
    const run = chat.session.runs[0]!;
    expect(run).toMatchObject({
      outcome: "done",
      receipt: { toolCalls: [{ name: "bash", outcome: "done" }] },
      changes: { state: "unknown", reason: expect.stringContaining("Git is not installed") },
    });
    expect(await scene.refusal(chat)).toBe("no-record");
  });
});
