/** While nothing can be saved, everything that happens is held, up to a bound, told, and saved as soon as that works. */
import { describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { join } from "node:path";
import type { ListEvent, Session, SessionEvent, SessionSummary } from "../shared/protocol";
import { apiScene, chatCompletionsOnly, withoutChanges } from "./api-scene";
import { lockDatabase } from "./database-scene";
import { limited } from "./disk-limit";
import type { Chat, Rein } from "./rein";
import { until } from "./within";
import { makeGate, text } from "./upstream/upstream";

const { upstream, rein, dataDir, start, send } = apiScene({
  environment: chatCompletionsOnly,
  request: { permissions: "all" },
  starts: false,
});

const long = "A long line of an answer that fills a disk. ".repeat(2000);

describe("a full disk", () => {
  test("is told in the answer, which continues; at the bound runs pause and messages are refused; once there is space all is saved", async () => {
    const first = await start({ command: limited(256) });
    upstream.script([text(long, long, long, long, makeGate())]);
    const chat = send();
    expect(await trouble(chat)).toContain("free some space");
    await chat.until(() => textOf(chat.session).length === 4 * long.length);
    expect(textOf(await rein.session(chat.sessionId)).length).toBe(4 * long.length);
    expect(await rein.stop(chat.sessionId)).toMatchObject({ stopped: true });
    await chat.ended;
    const held = [];
    for (let count = 0; count < 3; count++) {
      upstream.script([text(...Array<string>(34).fill(long), makeGate())]);
      held.push(send());
    }
    expect(await trouble(held[0]!, "its limit")).toContain("free some space");
    for (const one of held)
      await one.until(() => one.session.runs[0]?.pause?.state === "paused" && isUnsaved(one));

    const { sessionId } = held[0]!;
    await refused("/api/chat", { message: "And now?", sessionId: chat.sessionId });
    await refused("/api/chat", { message: "And now?" });
    await refused(`/api/sessions/${sessionId}/queue`, { message: "And then?" });
    await refused(`/api/sessions/${sessionId}/resume`, {});
    const { sessions } = await rein.json<{ sessions: SessionSummary[] }>("/api/sessions");
    expect(sessions.length).toBe(4);
    const exported = await rein.fetch(`/api/sessions/${sessionId}/export`);
    expect(await exported.text()).toContain(long.trim());
    expect(await rein.stop(held[2]!.sessionId)).toMatchObject({ stopped: true });

    // The conversations are longer than the model's window, and are summed up first.
    upstream.route(() => [text("The end.")]);
    await Bun.$`prlimit --pid ${first.pid} --fsize=unlimited`.quiet();
    for (const one of held) await one.ended;
    const kept = [chat, ...held].map(({ session }) => withoutChanges(session));
    expect(kept.map(({ runs }) => runs[0]!.outcome)).toEqual([
      "stopped",
      "done",
      "done",
      "stopped",
    ]);
    await saved(first);
    first.signal("SIGKILL");
    await first.exited;
    const second = await start();
    expect(second.output()).not.toContain("The database lacks");
    for (const one of kept) expect(withoutChanges(await second.session(one.id))).toEqual(one);
  });

  test("refuses a schedule with what to do, and keeps the others", async () => {
    await start({ command: limited(256) });
    const schedule = { message: "x".repeat(100_000), when: { everyMinutes: 60 } };
    const never = new AbortController().signal;
    for (const name of ["A", "B"]) await rein.sdk.addSchedule({ name, ...schedule }, never);
    const body = JSON.stringify({ name: "C", ...schedule });
    const answer = await rein.fetch("/api/schedules", { method: "POST", body });
    expect([answer.status, await answer.text()]).toEqual([
      503,
      expect.stringContaining("could not be saved: the disk accepts no more data. Free some space"),
    ]);
    const { schedules } = await rein.sdk.schedules(never);
    expect(schedules.map(({ name }) => name)).toEqual(["A", "B"]);
  });

  test("damages nothing, even if the server is killed while it is full", async () => {
    const first = await start();
    upstream.script([text("From before.")]);
    const before = send();
    await before.ended;
    await first[Symbol.asyncDispose]();
    const full = await start({ command: limited(128) });
    upstream.script([text("x".repeat(400_000), makeGate())]);
    await trouble(send());
    full.signal("SIGKILL");
    await full.exited;
    const second = await start();
    expect(second.output()).not.toContain("The database lacks");
    expect(check()).toBe("ok");
    const session = await second.session(before.sessionId);
    expect({ ...session, seq: 0 }).toEqual({ ...before.session, seq: 0 });
    upstream.script([text("Back again.")]);
    const next = send({ sessionId: before.sessionId });
    await next.ended;
    expect(JSON.stringify(upstream.requests.at(-1)!.body)).toContain("From before.");
  });
});

describe("a locked database", () => {
  test("is told, delays neither the answer nor a stop, and everything is saved afterwards", async () => {
    const first = await start();
    const gate = makeGate();
    upstream.script([text("One ", gate, "two ", makeGate())]);
    const chat = send();
    await chat.until((event) => event.type === "part-delta");
    const other = lockDatabase(dataDir());
    gate.open();
    await chat.until(() => textOf(chat.session) === "One two ");
    expect(await trouble(chat)).toContain("Another program holds its lock");
    const asked = performance.now();
    expect(await rein.stop(chat.sessionId)).toMatchObject({ stopped: true });
    // SQLite itself would wait for five seconds.
    expect(performance.now() - asked).toBeLessThan(4000);
    await chat.ended;
    other.run("COMMIT");
    other.close();
    await saved(first);
    first.signal("SIGKILL");
    await first.exited;
    const session = await (await start()).session(chat.sessionId);
    expect({ ...session, seq: 0 }).toEqual({ ...chat.session, seq: 0 });
  });
});

/** Why nothing can be saved, as the answer to the message says. */
async function trouble(chat: Chat, words = ""): Promise<string> {
  const troubleIn = (event: SessionEvent | ListEvent) =>
    event.type === "storage-changed" && event.trouble?.includes(words) ? event.trouble : undefined;
  return troubleIn(await chat.until((event) => troubleIn(event) !== undefined))!;
}

function saved(server: Rein): Promise<void> {
  return until(() => server.output().includes("Rein can save again"), "everything is saved");
}

async function refused(path: string, body: object): Promise<void> {
  const response = await rein.fetch(path, { method: "POST", body: JSON.stringify(body) });
  expect(response.status).toBe(507);
  expect(await response.text()).toContain("new messages are refused until it can save again");
}

function isUnsaved({ session }: Chat): boolean {
  return session.runs[0]?.pause?.unsaved === true;
}

function textOf({ messages }: Session): string {
  const part = messages.at(1)?.parts[0];
  return part?.type === "text" ? part.text : "";
}

function check(): unknown {
  const database = new Database(join(dataDir(), "rein.db"), { readonly: true });
  const answer = database.query<{ integrity_check: string }, []>("PRAGMA integrity_check").get();
  database.close();
  return answer?.integrity_check;
}
