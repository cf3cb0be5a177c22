/**
 * A data directory that an earlier Rein has left, killed in the middle of a run, is upgraded with all that is in it; a later
 * one is refused with the way back. The fixtures were written by Rein as it was at each version of the database.
 */
import { beforeEach, describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newestVersion } from "../server/store/migrations";
import type { MachineAnswer, Message, Session } from "../shared/protocol";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import { doneOn, reinOn, rowsOf } from "./backup-scene";
import { rejectionOf } from "./provider-wires";
import { violationsOf } from "./sweep/invariants";
import { text } from "./upstream/upstream";
import { until } from "./within";

const { upstream, start, send, defer } = apiScene({
  environment: chatCompletionsOnly,
  starts: false,
});

interface Expected {
  sessions: {
    id: string;
    title: string;
    runs: { id: string; state: string; outcome?: Session["runs"][number]["outcome"] }[];
    messages: { id: string; role: string; text: string }[];
  }[];
  files: { files?: { hash: string }[] };
}

let place: string;
let data: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "rein-upgrade-"));
  data = join(place, "data");
  defer(() => rmSync(place, { recursive: true, force: true }));
});

async function unpack(version: number): Promise<Expected> {
  const fixture = join(import.meta.dir, "fixtures", `data-v${version}.tgz`);
  await Bun.$`tar xzf ${fixture} -C ${place}`.quiet();
  return JSON.parse(readFileSync(join(place, "expected.json"), "utf8")) as Expected;
}

test("there is a fixture of each version of the database", () => {
  const names = readdirSync(join(import.meta.dir, "fixtures"));
  for (let version = 1; version <= newestVersion; version++)
    expect(names).toContain(`data-v${version}.tgz`);
});

describe.each([1, 2, 3, 4, 5])("the data directory of version %i", (version) => {
  test("has its sessions, settings, rules and files after the upgrade, and they go on", async () => {
    const expected = await unpack(version);
    const rein = await start({ dataDir: data });
    const words = `brought from version ${version} to ${newestVersion}. It is kept as it was: ${data}/rein.db.v${version}-backup`;
    if (version !== newestVersion) await until(() => rein.output().includes(words));

    for (const before of expected.sessions) {
      const session = await rein.session(before.id);
      expect(violationsOf(session)).toEqual([]);
      expect(session.title).toBe(before.title);
      expect(session.messages.map(textOf)).toEqual(before.messages.map(({ text: said }) => said));
      const outcomes = before.runs.map(({ outcome }) => outcome ?? "stopped");
      expect(session.runs.map(({ outcome }) => outcome!)).toEqual(outcomes);
    }
    const { findings } = await rein.json<MachineAnswer>("/api/machine");
    const told = findings.filter(({ about }) => about === "Upgrade").map((one) => one.words);
    expect(told.join()).toContain(version === newestVersion ? "" : words);
    expect(told).toHaveLength(version === newestVersion ? 0 : 1);
    if (version === newestVersion) expect(rein.output()).not.toContain("brought from");
    expect(readFileSync(join(data, "settings.json"), "utf8")).toContain("sk-kept-through-upgrades");
    if (version > 1) expect(readFileSync(join(data, "rules.json"), "utf8")).toContain("git status");
    for (const { hash } of expected.files.files ?? [])
      expect((await rein.fetch(`/api/files/${hash}`)).status).toBe(200);

    const { id } = expected.sessions.find(({ runs }) => runs.length === 2)!;
    upstream.script([text("And on.")]);
    const chat = send("Go on", { sessionId: id, cwd: undefined });
    await chat.ended;
    expect((await rein.session(id)).messages.length).toBeGreaterThan(4);
  });

  test("is backed up as it is, and restored elsewhere, where the start upgrades it", async () => {
    const expected = await unpack(version);
    const file = join(place, "rein.tgz");
    await doneOn(data, ["backup", file]);
    const said = await doneOn(join(place, "new"), ["restore", file]);
    const next = `The next start brings the database from version ${version} to ${newestVersion}.`;
    if (version === newestVersion) expect(said).not.toContain("The next start");
    else expect(said).toContain(next);
    const rein = await start({ dataDir: join(place, "new") });
    for (const { id, messages } of expected.sessions)
      expect((await rein.session(id)).messages.length).toBe(messages.length);
  });
});

describe("a downgrade", () => {
  test("is refused with the copy of before the upgrade, the command that goes back to it, and what is then missing", async () => {
    await unpack(3);
    await end(await start({ dataDir: data }));
    // As a Rein after this one would leave it, with one session changed since: another was settled after the crash.
    using database = new Database(join(data, "rein.db"));
    database.run(`PRAGMA user_version = ${newestVersion + 1}`);
    const later = Date.now() + 60_000;
    database.run("UPDATE sessions SET updated_at = ? WHERE rowid = 1", [later]);
    database.close();
    const words = String(await rejectionOf(start({ dataDir: data })));
    expect(words).toContain(`its version is ${newestVersion + 1}`);
    const command = /“rein (restore \S+ --replace --data-dir \S+)”/.exec(words)![1]!;
    expect(command).toBe(`restore ${data}/rein.db.v3-backup --replace --data-dir ${data}`);
    expect(words).toContain("a copy of version 3 was kept when it was upgraded");
    expect(words).toContain(
      "what came after that, in 2 sessions, is then only in the newer database",
    );

    const settings = readFileSync(join(data, "settings.json"), "utf8");
    const said = await doneOn(data, command.split(" "));
    const kept = /is in (\S+before-restore-\S+Z)\./.exec(said)![1]!;
    expect(rowsOf(join(kept, "rein.db"), "PRAGMA user_version")).toEqual([
      { user_version: newestVersion + 1 },
    ]);
    expect(readFileSync(join(data, "settings.json"), "utf8")).toBe(settings);
    const rein = await start({ dataDir: data });
    expect(rein.output()).not.toContain("missing");
  });

  test("from what has no copy is refused, too, and a backup of it says so", async () => {
    await unpack(4);
    using database = new Database(join(data, "rein.db"));
    database.run(`PRAGMA user_version = ${newestVersion + 1}`);
    database.close();
    const words = String(await rejectionOf(start({ dataDir: data })));
    expect(words).toContain("Start the newer Rein");
    expect(words).not.toContain("To go back");
    const said = await reinOn(data, ["backup", join(place, "x.tgz")]);
    expect(said.code).toBe(1);
    expect(said.stderr).toContain("was written by a newer Rein");
  });
});

async function end(rein: Awaited<ReturnType<typeof start>>): Promise<void> {
  rein.signal("SIGTERM");
  await rein.exited;
}

function textOf({ parts }: Message): string {
  return parts
    .map((part) =>
      part.type === "text" ? part.text : ((part as { output?: string }).output ?? ""),
    )
    .join("");
}
