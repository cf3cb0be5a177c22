/** A backup has all that is a person's, in one file that is complete or absent; a restore brings all of it, or changes nothing. */
import { describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { neverAborts } from "../server/abort";
import { apiScene, chatCompletionsOnly, settledWithChanges, withoutChanges } from "./api-scene";
import { doneOn, filesUnder, leftovers, reinOn, rowsOf } from "./backup-scene";
import { commandProgram } from "./command-line";
import { everyServerIsNode } from "./given-cluster";
import { temporaryDirectory } from "./temporary-directory";
import { makeGate, text, toolCall } from "./upstream/upstream";

const { upstream, rein, start, send, dataDir, defer } = apiScene({
  environment: chatCompletionsOnly,
  request: { permissions: "all" },
  starts: false,
});

function place(): string {
  const directory = temporaryDirectory();
  defer(() => directory[Symbol.dispose]());
  return directory.path;
}

/** A server with a session that has used most of what a data directory holds, and one run that waits. */
async function busyServer() {
  const first = await start();
  const settings = { providers: { anthropic: { apiKey: "sk-of-the-person" } } };
  await first.json("/api/settings", { method: "PUT", body: JSON.stringify(settings) });
  const file = await first.sdk.upload(new Blob(["An attached text."]), {}, neverAborts);
  upstream.script(
    [toolCall("bash", { command: "echo kept > made.txt; seq 1 20000" })],
    [text("Made.")],
  );
  const chat = send({ message: "Make it", files: [{ hash: file.hash, name: "a.txt" }] });
  await settledWithChanges(first, chat);
  const gate = makeGate();
  upstream.script([text("I begin ", gate, "and end.")]);
  const open = send("Begin");
  await gate.reached;
  return { first, chat, open, file };
}

describe("a server that works", () => {
  test("is restored elsewhere with its sessions, files, outputs, settings and undo; its open run is interrupted", async () => {
    const { first, chat, open, file } = await busyServer();
    const before = await first.session(chat.sessionId);
    const at = place();
    const made = await doneOn(dataDir(), ["backup", join(at, "rein.tgz")]);
    expect(made).toContain("2 sessions, 2 runs");
    expect(made).toContain("It was read back");
    expect(statSync(join(at, "rein.tgz")).mode & 0o777).toBe(0o600);
    expect(leftovers(dataDir())).toEqual([]);
    expect(readdirSync(at)).toEqual(["rein.tgz"]);

    open.hangUp();
    first.signal("SIGKILL");
    await first.exited;
    const restored = join(at, "restored");
    expect(await doneOn(restored, ["restore", join(at, "rein.tgz")])).toContain("has 2 sessions");
    const second = await start({ dataDir: restored });
    expect(withoutChanges(await second.session(chat.sessionId))).toEqual(withoutChanges(before));
    expect((await second.session(open.sessionId)).runs[0]).toMatchObject({
      state: "settled",
      stop: { by: "crash" },
    });
    const attached = await second.fetch(`/api/files/${file.hash}`);
    expect(await attached.text()).toBe("An attached text.");
    const [call] = before.messages.flatMap(({ parts }) =>
      parts.flatMap((part) => (part.type === "tool-call" ? [part] : [])),
    );
    const output = await second.fetch(`/api/sessions/${chat.sessionId}/outputs/${call!.id}`);
    expect(await output.text()).toEndWith("20000\n");
    expect(readFileSync(join(restored, "settings.json"), "utf8")).toContain("sk-of-the-person");

    expect(existsSync(join(first.cwd, "made.txt"))).toBe(true);
    await second.sdk.undo("undo", chat.sessionId, chat.runId, {}, neverAborts);
    expect(existsSync(join(first.cwd, "made.txt"))).toBe(false);
  });

  test("what was undone in the moment of the backup is undone in it, and can be redone", async () => {
    const { first, chat } = await busyServer();
    await first.sdk.undo("undo", chat.sessionId, chat.runId, {}, neverAborts);
    const at = place();
    await doneOn(dataDir(), ["backup", join(at, "rein.tgz")]);
    await doneOn(join(at, "restored"), ["restore", join(at, "rein.tgz")]);
    const runs = "SELECT run_id FROM records";
    expect(rowsOf(join(at, "restored/undo/undo.db"), runs)).toContainEqual({ run_id: chat.runId });
    const second = await start({ dataDir: join(at, "restored") });
    const changesOf = async () => (await second.session(chat.sessionId)).runs[0]!.changes;
    expect(await changesOf()).toMatchObject({ undoneAt: expect.any(Number) });
    await second.sdk.undo("redo", chat.sessionId, chat.runId, {}, neverAborts);
    expect(readFileSync(join(first.cwd, "made.txt"), "utf8")).toBe("kept\n");
  });

  test("its token and signed-in browsers are not in the backup, and what is restored has its own", async () => {
    const { first } = await busyServer();
    const at = place();
    await doneOn(dataDir(), ["backup", join(at, "rein.tgz")]);
    await doneOn(join(at, "restored"), ["restore", join(at, "rein.tgz")]);
    const names = readdirSync(join(at, "restored"));
    for (const name of ["token", "sign-ins.json", "push.json", "jobs", "address", "supervisor"])
      expect(names).not.toContain(name);
    const second = await start({ dataDir: join(at, "restored") });
    // All nodes of a cluster have one token, which is made of its key.
    if (everyServerIsNode) return expect(second.token).toBe(first.token);
    expect(second.token).not.toBe(first.token);
    const refused = await fetch(`${second.url}/api/sessions`, {
      headers: { Authorization: `Bearer ${first.token}` },
    });
    expect(refused.status).toBe(401);
  });

  test("every name in its data directory is one that the backup knows", async () => {
    await busyServer();
    const known = new Set([
      ..."rein.db undo files settings.json outputs processes shells".split(" "),
      ..."token sign-ins.json address lock lock-journal jobs supervisor sandbox".split(" "),
      // Made anew, or of a commit that is being made.
      ..."rein.db-wal rein.db-shm rein.db.seal search.db search.db-wal search.db-shm review".split(
        " ",
      ),
      // Of a node; without the second, what it has is shared again.
      "nodes.json",
      "entries-shared.json",
    ]);
    expect(readdirSync(dataDir()).filter((name) => !known.has(name))).toEqual([]);
  });

  test("a restore into its data directory is refused, and changes nothing", async () => {
    await busyServer();
    const at = place();
    await doneOn(dataDir(), ["backup", join(at, "rein.tgz")]);
    const refused = await reinOn(dataDir(), ["restore", join(at, "rein.tgz"), "--replace"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`End it first: rein shutdown --data-dir ${dataDir()}`);
    expect(leftovers(dataDir())).toEqual([]);
  });
});

describe("without a server", () => {
  async function stopped(): Promise<string> {
    await busyServer();
    rein.signal("SIGTERM");
    await rein.exited;
    return dataDir();
  }

  test("a backup is made too, and other programs can open and check it", async () => {
    const data = await stopped();
    const at = place();
    await doneOn(data, ["backup", join(at, "rein.tgz")]);
    expect(await doneOn(data, ["backup", "--check", join(at, "rein.tgz")])).toContain("is whole");
    await Bun.$`tar xzf rein.tgz && sha256sum --check --strict --quiet SHA256SUMS`.cwd(at).quiet();
    const count = "SELECT COUNT(*) AS count FROM messages";
    expect(rowsOf(join(at, "rein.db"), count)).toEqual(rowsOf(join(data, "rein.db"), count));
    expect(filesUnder(at)).not.toContain("search.db");
  });

  test("a backup goes through a pipe into another machine", async () => {
    const data = await stopped();
    const at = place();
    const restored = join(at, "restored");
    const rein = `${process.execPath} ${commandProgram}`;
    const line = `${rein} backup - --data-dir ${data} | ${rein} restore - --data-dir ${restored}`;
    const env = { PATH: process.env.PATH ?? "", HOME: at };
    const piped = await Bun.$`bash -o pipefail -c ${line}`.env(env).cwd(at).quiet();
    expect(piped.stderr.toString()).toContain("2 sessions");
    expect(piped.stdout.toString()).toContain(`${restored} has 2 sessions`);
  });

  test("a file of that name is replaced only by --force", async () => {
    const data = await stopped();
    const file = join(place(), "rein.tgz");
    writeFileSync(file, "mine");
    const refused = await reinOn(data, ["backup", file]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("replace it with --force");
    expect(readFileSync(file, "utf8")).toBe("mine");
    await doneOn(data, ["backup", file, "--force"]);
    await doneOn(data, ["backup", "--check", file]);
  });

  test("what a directory holds is replaced only by --replace, and kept; the token of this machine stays", async () => {
    const data = await stopped();
    const at = place();
    const file = join(at, "rein.tgz");
    await doneOn(data, ["backup", file]);
    const token = readFileSync(join(data, "token"), "utf8");
    writeFileSync(join(data, "settings.json"), "{}\n");
    const refused = await reinOn(data, ["restore", file]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`rein restore ${file} --replace --data-dir ${data}`);
    expect(readFileSync(join(data, "settings.json"), "utf8")).toBe("{}\n");
    const said = await doneOn(data, ["restore", file, "--replace"]);
    const kept = /is in (\S+before-restore-\S+Z)\./.exec(said)![1]!;
    expect(readFileSync(join(kept, "settings.json"), "utf8")).toBe("{}\n");
    expect(readdirSync(kept)).toContain("rein.db");
    expect(readFileSync(join(data, "settings.json"), "utf8")).toContain("sk-of-the-person");
    expect(readFileSync(join(data, "token"), "utf8")).toBe(token);
    expect((await start()).output()).not.toContain("missing");
  });

  test("a start finishes a restore that was killed in its last step", async () => {
    const data = await stopped();
    const cut = join(place(), "cut");
    mkdirSync(cut, { mode: 0o700 });
    rmSync(join(data, "supervisor"), { recursive: true });
    renameSync(data, join(cut, "restore-incoming"));
    mkdirSync(data);
    writeFileSync(join(cut, "restore.json"), JSON.stringify({ out: [], step: "in" }));
    const second = await start({ dataDir: cut });
    expect(leftovers(cut)).toEqual([]);
    const { sessions } = await second.json<{ sessions: unknown[] }>("/api/sessions");
    expect(sessions).toHaveLength(2);
  });

  test("a data directory without sessions is no backup", async () => {
    const empty = join(place(), "empty");
    mkdirSync(empty, { mode: 0o700 });
    const refused = await reinOn(empty, ["backup", join(place(), "rein.tgz")]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`There are no sessions in ${empty}`);
    expect(readdirSync(empty)).toEqual([]);
  });

  test("another machine's server is not asked: the command says where to run it", async () => {
    const environment = { REIN_SERVER: "https://rein.example.org" };
    for (const [args, words] of [
      [["backup", "x.tgz"], "ssh MACHINE rein backup - > FILE"],
      [["restore", "x.tgz"], "ssh MACHINE rein restore - < FILE"],
    ] as const) {
      const said = await reinOn(place(), [...args], environment);
      expect(said).toMatchObject({ code: 2, stdout: "" });
      expect(said.stderr).toContain(words);
    }
  });
});
