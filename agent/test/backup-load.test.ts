/** A backup of a server with many runs at once shows one moment of it, and holds it up in nothing. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Message, Part, Session, SessionSummary } from "../shared/protocol";
import { apiScene, chatCompletionsOnly, withoutChanges } from "./api-scene";
import { doneOn, leftovers } from "./backup-scene";
import type { Chat, Rein } from "./rein";
import { violationsOf } from "./sweep/invariants";
import { temporaryDirectory } from "./temporary-directory";
import { type Gate, makeGate, text } from "./upstream/upstream";

const settledRuns = 20;
const workingRuns = 30;
const pieces = 200;

const { upstream, start, send, dataDir } = apiScene({
  environment: chatCompletionsOnly,
  starts: false,
});

test("50 runs at once: every message in the backup is as far as the server was, and nothing that had settled is missing", async () => {
  const first = await start();
  const gates: Gate[][] = [];
  upstream.route(({ body }) => {
    if (JSON.stringify(body).includes("Settle")) return [text("It ", "is ", "done.")];
    const own = Array.from({ length: pieces }, () => makeGate());
    gates.push(own);
    return [text(...own.flatMap((gate, at) => [`word${at} `, gate]))];
  });
  const working = Array.from({ length: workingRuns }, (_, at) => send(`Work ${at}`));
  const settled = Array.from({ length: settledRuns }, (_, at) => send(`Settle ${at}`));
  for (const chat of working) await chat.until(() => textOf(chat.session).includes("word0"));
  for (const chat of settled) await chat.ended;
  const atLeast = await sessionsOf(first);

  using place = temporaryDirectory();
  const file = join(place.path, "rein.tgz");
  const over = new AbortController();
  const backup = doneOn(dataDir(), ["backup", file]).finally(() => over.abort());
  // The answers go on while it is made, in step with it.
  for (let at = 0; !over.signal.aborted && at < pieces - 1; at++) {
    for (const own of gates) own[at]!.open();
    await working[0]!.until(() => textOf(working[0]!.session).includes(`word${at + 1} `));
  }
  expect(await backup).toContain("50 sessions, 50 runs");
  expect(leftovers(dataDir())).toEqual([]);

  const restored = join(place.path, "restored");
  await doneOn(restored, ["restore", file]);
  const second = await start({ dataDir: restored });
  const found = await sessionsOf(second);
  const atMost = await sessionsOf(first);
  expect([...found.keys()].toSorted()).toEqual([...atMost.keys()].toSorted());
  for (const { sessionId } of settled)
    expect(withoutChanges(found.get(sessionId)!)).toEqual(withoutChanges(atLeast.get(sessionId)!));
  for (const { sessionId } of working) {
    const session = found.get(sessionId)!;
    expect(violationsOf(session)).toEqual([]);
    expect(session.runs[0]).toMatchObject({ state: "settled", stop: { by: "crash" } });
    expectBetween(atLeast.get(sessionId)!, session, atMost.get(sessionId)!);
  }
  await goesOn(working, gates);
});

/** The first server has noticed nothing. */
async function goesOn(working: Chat[], gates: Gate[][]): Promise<void> {
  for (const own of gates) for (const gate of own) gate.open();
  for (const chat of working) {
    await chat.ended;
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
    expect(textOf(chat.session)).toEndWith(`word${pieces - 1} `);
  }
}

async function sessionsOf(rein: Rein): Promise<Map<string, Session>> {
  const { sessions } = await rein.json<{ sessions: SessionSummary[] }>("/api/sessions");
  const all = await Promise.all(sessions.map(({ id }) => rein.session(id)));
  return new Map(all.map((session) => [session.id, session]));
}

/** Message by message; the mark of the interruption apart. */
function expectBetween(least: Session, session: Session, most: Session): void {
  const ids = (messages: Message[]) => messages.map(({ id }) => id);
  expect(ids(session.messages)).toEqual(ids(most.messages).slice(0, session.messages.length));
  expect(session.messages.length).toBeGreaterThanOrEqual(least.messages.length);
  for (const [at, message] of session.messages.entries()) {
    const own = message.parts.filter(({ type }) => type !== "interruption");
    const later = most.messages[at]!.parts;
    expect(own.length).toBeLessThanOrEqual(later.length);
    for (const [index, part] of own.entries()) expectPrefix(part, later[index]!);
    const earlier = least.messages[at]?.parts ?? [];
    for (const [index, part] of earlier.entries()) expectPrefix(part, own[index]!);
  }
}

function expectPrefix(part: Part, whole: Part): void {
  expect(part.id).toBe(whole.id);
  if (part.type === "text" && whole.type === "text") expect(whole.text).toStartWith(part.text);
  else expect(part).toEqual(whole);
}

function textOf(session: Session): string {
  const parts = session.messages.filter(({ role }) => role === "assistant").flatMap((m) => m.parts);
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}
