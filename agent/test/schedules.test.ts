/** Schedules over a real server: they begin runs, each in a session of its own, in which nobody is asked. */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toolCallsOf } from "../shared/message-parts";
import type { Schedule, Session } from "../shared/protocol";
import type { ScheduleRequest } from "../shared/requests";
import { apiScene } from "./api-scene";
import { told } from "./control-api";
import { Chat, type Rein } from "./rein";
import { hang, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const { rein, upstream, send, defer } = apiScene();
const { signal } = new AbortController();

const far = { cron: "0 3 * * *", timeZone: "Europe/Berlin" };

/** Removed when the test is over. */
async function add(request: Partial<ScheduleRequest> = {}): Promise<Schedule> {
  const { sdk } = rein;
  const schedule = await sdk.addSchedule(
    {
      name: "Nightly",
      message: "Do it",
      provider: "openai-chat",
      model: "local-model",
      cwd: rein.cwd,
      when: far,
      ...request,
    },
    signal,
  );
  defer(() => void sdk.removeSchedule(schedule.id, signal).catch(() => undefined));
  return schedule;
}

/** Does it with a time that comes soon: one that has passed before the server has read it is refused, and a later one taken. */
async function soon<T>(make: (at: number) => Promise<T>): Promise<T> {
  for (let ahead = 100; ; ahead *= 4)
    try {
      return await make(Date.now() + ahead);
    } catch (error) {
      if (!String(error).includes("never comes") || ahead > 10_000) throw error;
    }
}

async function read(id: string, from: Rein = rein): Promise<Schedule> {
  const { schedules } = await from.sdk.schedules(signal);
  return schedules.find((one) => one.id === id)!;
}

/** The session of its last run, once that has settled. */
async function ended(id: string): Promise<Session> {
  await untilAsync(async () => (await read(id)).last?.outcome !== undefined, "an outcome");
  return rein.session((await read(id)).last!.sessionId);
}

describe("a schedule", () => {
  test("runs at its time, in a session that carries its name, and says how that ended", async () => {
    upstream.script([text("It is done.")]);
    const { id } = await soon((at) => add({ name: "Once", when: { at } }));
    const session = await ended(id);
    expect(session).toMatchObject({ title: "Once", titledBy: "person", schedule: { id } });
    expect(session.runs).toMatchObject([
      { outcome: "done", unattended: true, limits: { turns: 50, minutes: 30 } },
    ]);
    const schedule = await read(id);
    expect(schedule).toMatchObject({ isOn: true, last: { outcome: "done" } });
    expect(schedule.nextAt).toBeUndefined();
    const { sessions } = await rein.sdk.sessions(signal);
    const row = sessions.find((one) => one.id === session.id);
    expect(row?.schedule).toEqual({ id, name: "Once" });
  });

  test("asks nobody: what would be asked is denied, and the model is told", async () => {
    upstream.script([toolCall("bash", { command: "touch made" })], [text("I was not allowed.")]);
    const { id } = await add();
    await rein.sdk.runSchedule(id, signal);
    const session = await ended(id);
    const [call] = session.messages.flatMap(toolCallsOf);
    expect(call).toMatchObject({ state: "failed" });
    expect(call!.approval).toBeUndefined();
    expect(told(upstream.requests[1])).toContain("Nobody is asked in this run");
    expect(existsSync(join(rein.cwd, "made"))).toBe(false);
    expect(told(upstream.requests[0])).toContain("nobody watches");
    upstream.script([text("You do.")]);
    await send({ sessionId: session.id, message: "Who watches?" }).ended;
    expect(told(upstream.requests.at(-1))).not.toContain("nobody watches");
    expect(session.runs[0]!.outcome).toBe("done");
  });

  test("may do what its permissions and the rules of the project allow", async () => {
    upstream.script([toolCall("bash", { command: "touch made" })], [text("Done.")]);
    const rule = { kind: "command", match: "exact", command: "touch made" } as const;
    await rein.sdk.addRule({ cwd: rein.cwd, effect: "allow", rule }, signal);
    const { id } = await add();
    await rein.sdk.runSchedule(id, signal);
    await ended(id);
    expect(existsSync(join(rein.cwd, "made"))).toBe(true);
  });

  test("is stopped by a limit that would ask", async () => {
    upstream.script(
      [toolCall("read", { path: "." })],
      [toolCall("read", { path: "." })],
      [text("Never asked for.")],
    );
    const { id } = await add({ limits: { turns: 2 } });
    await rein.sdk.runSchedule(id, signal);
    const session = await ended(id);
    expect(session.runs).toMatchObject([{ outcome: "stopped", stop: { by: "budget" } }]);
    expect(upstream.requests).toHaveLength(2);
  });

  test("in plan mode ends with its plan, which waits for nobody", async () => {
    upstream.script([toolCall("plan", { title: "Go", plan: "1. Go" })], [text("That is it.")]);
    const { id } = await add({ permissions: "plan" });
    await rein.sdk.runSchedule(id, signal);
    const session = await ended(id);
    const [call] = session.messages.flatMap(toolCallsOf);
    expect(call).toMatchObject({ name: "plan", state: "done" });
    expect([call!.approval, session.permissions]).toEqual([undefined, "plan"]);
    expect(session.runs[0]!.outcome).toBe("done");
  });

  test("begins nothing at a limit of the day", async () => {
    upstream.script([text("It counts.")]);
    await send({ cwd: rein.cwd }).ended;
    const limits = await rein.sdk.limits(signal);
    await rein.sdk.saveLimits({ ...limits, day: { turns: 1 } }, signal);
    const { id, when } = await soon((at) => add({ when: { at } }));
    await untilAsync(async () => (await read(id)).skipped !== undefined, "a skipped time");
    expect(await read(id)).toMatchObject({ skipped: { ...when, because: "limit" } });
    expect(upstream.requests).toHaveLength(1);
  });

  test("never runs beside itself", async () => {
    upstream.script([hang]);
    const { id } = await add();
    const { last } = await rein.sdk.runSchedule(id, signal);
    const again = await rein.fetch(`/api/schedules/${id}/run`, { method: "POST" });
    expect([again.status, await again.json()]).toMatchObject([
      409,
      { error: { code: "run-active", run: { runId: last!.runId } } },
    ]);
    const { when } = await soon((at) => rein.sdk.changeSchedule(id, { when: { at } }, signal));
    await untilAsync(async () => (await read(id)).skipped !== undefined, "a skipped time");
    expect((await read(id)).skipped).toEqual({ ...(when as { at: number }), because: "running" });
  });

  test("stays on when everything is stopped, which stops its run and says how many stay", async () => {
    upstream.script([hang]);
    const { id } = await add();
    const { last } = await rein.sdk.runSchedule(id, signal);
    await upstream.request(0);
    const { answers, schedules } = await rein.sdk.stopEverything(signal);
    expect(answers).toMatchObject([{ stopped: true, runId: last!.runId, outcome: "stopped" }]);
    expect(schedules).toBe(1);
    await untilAsync(async () => (await read(id)).last?.outcome === "stopped", "a stop");
    expect((await read(id)).nextAt).toBeGreaterThan(Date.now());
  });

  test("that is paused or removed does not run, and what runs of it goes on", async () => {
    upstream.script([hang]);
    const { id } = await add();
    const { last } = await rein.sdk.runSchedule(id, signal);
    const paused = await rein.sdk.changeSchedule(id, { isOn: false }, signal);
    expect([paused.isOn, paused.nextAt]).toEqual([false, undefined]);
    const resumed = await rein.sdk.changeSchedule(id, { isOn: true }, signal);
    expect(resumed.nextAt).toBeGreaterThan(Date.now());
    await rein.sdk.removeSchedule(id, signal);
    expect(await read(id)).toBeUndefined();
    expect((await rein.session(last!.sessionId)).runs[0]!.state).toBe("running");
    const gone = await rein.fetch(`/api/schedules/${id}/run`, { method: "POST" });
    expect(gone.status).toBe(404);
  });

  test("of an engine is not changed to plan mode, which no engine can be held to", async () => {
    const own = { "own-mine": { name: "Mine", command: [process.execPath] } };
    await rein.sdk.saveSettings({ engines: { own } }, signal);
    defer(async () => {
      await rein.sdk.saveSettings({ engines: { own: { "own-mine": null } } }, signal);
    });
    const engine = { engine: "own-mine", provider: undefined, model: undefined };
    const { id } = await add(engine);
    const body = JSON.stringify({ permissions: "plan" });
    const answer = await rein.fetch(`/api/schedules/${id}`, { method: "PATCH", body });
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: "plan" } }]);
    const added = { name: "Plans", message: "Do it", when: far, engine: "own-mine" };
    const refused = await rein.fetch("/api/schedules", {
      method: "POST",
      body: JSON.stringify({ ...added, permissions: "plan" }),
    });
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { error: { code: "plan" } },
    ]);
  });

  test("whose directory is gone says so, and tries again at its next time", async () => {
    const cwd = join(rein.cwd, "gone");
    mkdirSync(cwd);
    const { id } = await add({ cwd });
    rmSync(cwd, { recursive: true });
    const answer = await rein.fetch(`/api/schedules/${id}/run`, { method: "POST" });
    expect(answer.status).toBe(400);
    const { skipped, last, nextAt } = await read(id);
    expect(skipped).toMatchObject({ because: "failed" });
    expect(skipped!.message).toContain(`There is no directory ${cwd}`);
    expect([last, nextAt! > Date.now()]).toEqual([undefined, true]);
    await rein.sdk.changeSchedule(id, { isOn: false }, signal);
  });

  test("sends a command as its file stands when the run begins, and refuses one that does not act", async () => {
    const { cwd } = rein;
    const command = { name: "look", arguments: "closely" };
    const { id } = await add({ message: undefined, command });
    const path = `/api/schedules/${id}/run`;
    expect((await rein.fetch(path, { method: "POST" })).status).toBe(404);
    expect((await read(id)).skipped?.message).toContain("There is no command /look");
    mkdirSync(join(cwd, ".rein/commands"), { recursive: true });
    writeFileSync(join(cwd, ".rein/commands/look.md"), "Look $ARGUMENTS at it.");
    expect((await rein.fetch(path, { method: "POST" })).status).toBe(409);
    expect((await read(id)).skipped?.message).toContain("waits for an answer");
    const { definitions } = await rein.sdk.project(cwd, signal);
    const { digest } = definitions.find(({ name }) => name === "look")!;
    const answer = { kind: "command", name: "look", digest, answer: "allow" } as const;
    await rein.sdk.answerProject({ cwd, answers: [answer] }, signal);
    upstream.script([text("I look.")]);
    await rein.sdk.runSchedule(id, signal);
    const { messages, runs } = await ended(id);
    expect(messages[0]).toMatchObject({ command, parts: [{ text: "Look closely at it." }] });
    expect(runs[0]).toMatchObject({ outcome: "done", unattended: true });
  });

  test("that changes is told to every open page", async () => {
    const list = new Chat((own) => rein.fetch("/api/events", { signal: own }));
    await list.response;
    const isTold = (type: string) => type === "schedules-changed";
    const { id } = await add();
    await list.until(({ type }) => isTold(type));
    await rein.sdk.removeSchedule(id, signal);
    await list.until(() => list.events.filter(({ type }) => isTold(type)).length === 2);
    list.hangUp();
  });

  test.each([
    [{ cron: "every day", timeZone: "UTC" }, "is no cron time"],
    [{ cron: "@daily", timeZone: "Europe/Nowhere" }, "There is no time zone “Europe/Nowhere”"],
    [{ cron: "0 0 30 2 *", timeZone: "UTC" }, "This time never comes"],
    [{ at: 1000 }, "This time never comes"],
  ])("is refused with a time that is none: %j", async (when, words) => {
    const body = JSON.stringify({ name: "Never", message: "Do it", when });
    const answer = await rein.fetch("/api/schedules", { method: "POST", body });
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    expect([answer.status, error.code]).toEqual([400, "schedule"]);
    expect(error.message).toContain(words);
  });
});
