/** A data directory works wherever it is moved or copied to, and by whatever user: nothing in it says where it was. */
import { expect, test } from "bun:test";
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { neverAborts } from "../server/abort";
import { apiScene, chatCompletionsOnly, settledWithChanges } from "./api-scene";
import { doneOn, filesUnder } from "./backup-scene";
import { isAlive } from "./machine-facts";
import { findOrdinaryUser } from "./ordinary-user";
import { type Rein, startRein } from "./rein";
import { temporaryDirectory } from "./temporary-directory";
import { text, toolCall } from "./upstream/upstream";

const { upstream, start, send, dataDir, defer } = apiScene({
  environment: chatCompletionsOnly,
  request: { permissions: "all" },
  starts: false,
});

function place(): string {
  const directory = temporaryDirectory();
  defer(() => directory[Symbol.dispose]());
  return directory.path;
}

/** A session with an attached file, a long output, a background process and a change. */
async function usedServer() {
  const rein = await start();
  const file = await rein.sdk.upload(new Blob(["An attached text."]), {}, neverAborts);
  upstream.script(
    [toolCall("bash", { command: "echo begun; sleep 600", background: true })],
    [toolCall("bash", { command: "echo kept > made.txt; seq 1 20000" })],
    [text("Made.")],
  );
  const chat = send({ message: "Make it", files: [{ hash: file.hash, name: "a.txt" }] });
  await settledWithChanges(rein, chat);
  return { rein, chat, file };
}

type Used = Awaited<ReturnType<typeof usedServer>>;

async function end(rein: Rein): Promise<void> {
  rein.signal("SIGTERM");
  await rein.exited;
}

async function expectAll(second: Rein, { rein, chat, file }: Used): Promise<void> {
  const session = await second.session(chat.sessionId);
  const attached = await second.fetch(`/api/files/${file.hash}`);
  expect(await attached.text()).toBe("An attached text.");
  const [, call] = session.messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === "tool-call" ? [part] : [])),
  );
  const output = await second.fetch(`/api/sessions/${session.id}/outputs/${call!.id}`);
  expect(await output.text()).toEndWith("20000\n");
  const log = await second.fetch(`/api/sessions/${session.id}/processes/p1/output`);
  expect(await log.text()).toContain("begun");
  await second.sdk.undo("undo", session.id, chat.runId, {}, neverAborts);
  expect(existsSync(join(rein.cwd, "made.txt"))).toBe(false);
  await second.sdk.undo("redo", session.id, chat.runId, {}, neverAborts);
  expect(readFileSync(join(rein.cwd, "made.txt"), "utf8")).toBe("kept\n");
}

test("nothing in it names the place where it is, but for what a model was told of a log", async () => {
  const rein = await start();
  upstream.script([toolCall("bash", { command: "echo kept > made.txt" })], [text("Made.")]);
  const chat = send();
  await settledWithChanges(rein, chat);
  await end(rein);
  const naming = filesUnder(dataDir()).filter((name) =>
    readFileSync(join(dataDir(), name)).includes(dataDir()),
  );
  expect(naming).toEqual([]);
});

test("after a move its sessions, files, outputs and logs are there, and its runs can be undone and redone", async () => {
  const used = await usedServer();
  await end(used.rein);
  const before = join(place(), "moved");
  renameSync(dataDir(), before);
  mkdirSync(dataDir());
  await expectAll(await start({ dataDir: before }), used);
});

test("a copy of it, taken after a kill, has the same, and leaves the first one as it was", async () => {
  const used = await usedServer();
  used.rein.signal("SIGKILL");
  await used.rein.exited;
  const copy = join(place(), "copy");
  await Bun.$`cp -a ${dataDir()} ${copy}`.quiet();
  await expectAll(await start({ dataDir: copy }), used);
  const first = await start();
  expect((await first.session(used.chat.sessionId)).runs[0]).toMatchObject({ outcome: "done" });
});

test("a server on a copy, or on a backup, ends no process of the one that works on", async () => {
  const { rein, chat } = await usedServer();
  const { pid } = (await rein.session(chat.sessionId)).processes![0]!;
  const at = place();
  await Bun.$`cp -a ${dataDir()} ${join(at, "copy")}`.quiet();
  await doneOn(dataDir(), ["backup", join(at, "rein.tgz")]);
  await doneOn(join(at, "restored"), ["restore", join(at, "rein.tgz")]);
  for (const name of ["copy", "restored"]) {
    const second = await start({ dataDir: join(at, name) });
    // What the session says to run there does not run there.
    const follow = second.follow(chat.sessionId);
    await follow.until(() => follow.session.processes?.[0]?.state === "stopped");
    expect(follow.session.processes![0]).toMatchObject({ stop: { by: "crash" } });
    await end(second);
    expect(isAlive(pid)).toBe(true);
  }
  const session = await rein.session(chat.sessionId);
  expect(session.processes![0]).toMatchObject({ state: "running" });
});

const user = findOrdinaryUser();

test.skipIf(user === undefined)(
  `what root restores belongs to the user whose directory it is${user === undefined ? " (no other user here)" : ""}`,
  async () => {
    await using own = user!;
    const { rein, chat } = await usedServer();
    const before = await rein.session(chat.sessionId);
    const file = join(place(), "rein.tgz");
    await doneOn(dataDir(), ["backup", file]);
    const data = join(own.home, "data");
    mkdirSync(data, { mode: 0o700 });
    const { uid, gid } = statSync(own.home);
    chownSync(data, uid, gid);
    await doneOn(data, ["restore", file]);
    await using second = await startRein({ dataDir: data, command: own.command() });
    const { messages } = await second.session(chat.sessionId);
    expect(messages).toEqual(before.messages);
  },
);
