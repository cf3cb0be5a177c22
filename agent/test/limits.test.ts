/** Limits hold a run and ask, or stop it, by themselves: in turns, minutes, tokens and money, of a run and of the day. */
import { describe, expect, test } from "bun:test";
import type { LimitReached } from "../shared/protocol";
import type { LimitsRequest } from "../shared/requests";
import { apiScene } from "./api-scene";
import { untilModelKnown } from "./compaction-scene";
import { resume, told, untilSession } from "./control-api";
import { type Chat } from "./rein";
import { hang, makeGate, text, toolCall, usage } from "./upstream/upstream";
import { until } from "./within";

const { upstream, rein, send, start, post } = apiScene({ request: { permissions: "all" } });

test("at its limit of turns a run is held and asks, and goes on by so much", async () => {
  await setLimits({ run: { turns: 2 } });
  upstream.script(...[1, 2, 3, 4].map((n) => [look(n)]), [text("Done.")]);
  const chat = send();
  expect(await asked(chat)).toEqual({ scope: "run", kind: "turns", used: 2, of: 2 });
  expect(upstream.requests.length).toBe(2);
  await resume(rein, chat.sessionId);
  await untilSession(chat, () => reachedBy(chat)?.of === 4);
  expect(upstream.requests.length).toBe(4);
  await post(`/api/sessions/${chat.sessionId}/resume`, { by: 10 });
  await chat.ended;
  expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
  expect(upstream.requests.length).toBe(5);
});

test("near its limit it says so, and no longer when it may use more", async () => {
  await setLimits({ run: { turns: 5 } });
  upstream.script(...[1, 2, 3, 4, 5].map((n) => [look(n)]), [text("Done.")]);
  const chat = send();
  const near = await chat.until(({ type }) => type === "run-near");
  expect(near).toMatchObject({ near: { kind: "turns", used: 4, of: 5 } });
  await asked(chat);
  await resume(rein, chat.sessionId);
  await chat.ended;
  expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
});

test("set so, it stops the run with the reason, and the queue is kept", async () => {
  await setLimits({ run: { tokens: 1000 }, atLimit: "stop" });
  upstream.script([look(1), usage(900, 200)]);
  const chat = send();
  await chat.ended;
  expect(chat.session.runs).toMatchObject([
    { outcome: "stopped", stop: { by: "budget", from: "server" } },
  ]);
  upstream.script([text("Back again.")]);
  const next = send({ sessionId: chat.sessionId });
  await next.ended;
  expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
});

test("its minutes end a tool that runs, where set so", async () => {
  await setLimits({ run: { minutes: 0.005 }, atLimit: "stop" });
  upstream.script([toolCall("bash", { command: "sleep 1000" })]);
  const chat = send();
  await chat.ended;
  expect(chat.session.runs).toMatchObject([{ outcome: "stopped", stop: { by: "timeout" } }]);
});

test("its minutes do not pass while it is held", async () => {
  await setLimits({ run: { minutes: 0.005 } });
  const silence = beSilent();
  const chat = send();
  expect(await asked(chat)).toMatchObject({ kind: "minutes", of: 0.005 });
  const { askedAt } = chat.session.runs[0]!.pause!;
  const seenAt = Date.now();
  silence.end();
  upstream.script([text("Done.")]);
  await until(() => Date.now() >= seenAt + 50, "some time to pass");
  const resumedAt = Date.now();
  await post(`/api/sessions/${chat.sessionId}/resume`, { by: 10 });
  await chat.ended;
  const [run] = chat.session.runs;
  expect(run).toMatchObject({ outcome: "done", more: { run: { minutes: expect.any(Number) } } });
  expect(run!.heldMs).toBeGreaterThanOrEqual(resumedAt - seenAt);
  expect(run!.heldMs).toBeLessThanOrEqual(run!.endedAt! - askedAt);
});

test("a request has limits of its own", async () => {
  upstream.script([look(1)], [text("Done.")]);
  const chat = send({ limits: { turns: 1 } });
  expect(await asked(chat)).toMatchObject({ kind: "turns", of: 1 });
  expect(await rein.stop(chat.sessionId)).toMatchObject({ outcome: "stopped" });
});

test("subagents draw on the limits of their run", async () => {
  const titles = ["one", "two", "three"];
  upstream.script(
    titles.map((title) => toolCall("subagent", { role: "simple", title, task: `Be ${title}.` })),
  );
  upstream.route(({ body }) => {
    const told = JSON.stringify(body);
    return told.includes("Be ") && !told.includes("Do it") ? [text("I am.")] : undefined;
  });
  const chat = send({ limits: { turns: 2 } });
  expect(await asked(chat)).toMatchObject({ kind: "turns", of: 2 });
  await untilSession(chat, ({ runs }) => runs[0]!.pause?.state === "paused");
  expect(upstream.requests.length).toBeLessThan(4);
  upstream.script([text("All are.")]);
  await post(`/api/sessions/${chat.sessionId}/resume`, { by: 10 });
  await chat.ended;
  expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
  expect(upstream.requests.length).toBe(5);
});

describe("in the middle of an answer", () => {
  test("tokens that run out hold the run, and what was written is kept and gone on with", async () => {
    upstream.script([text(...pieces(40_000), makeGate())]);
    const chat = send({ limits: { tokens: 9000 } });
    const near = await chat.until(({ type }) => type === "run-near");
    expect(near).toMatchObject({ near: { scope: "run", kind: "tokens", of: 9000 } });
    expect(await asked(chat)).toMatchObject({ scope: "run", kind: "tokens", of: 9000 });
    expect(await upstream.requests[0]!.ended).toBe("client");
    await untilSession(chat, ({ runs }) => runs[0]!.pause?.state === "paused");
    const written = textOf(chat);
    expect(written.length).toBeLessThan(40_000);
    upstream.script([text("And the rest.")]);
    await resume(rein, chat.sessionId);
    await chat.ended;
    expect(upstream.requests[1]!.refusal).toBeUndefined();
    expect(told(upstream.requests[1])).toContain("Continue exactly where");
    expect(textOf(chat)).toBe(`${written}And the rest.`);
    expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
  });

  test("tokens that run out stop the run, where set so", async () => {
    await setLimits({ run: { tokens: 9000 }, atLimit: "stop" });
    upstream.script([text(...pieces(40_000), makeGate())]);
    const chat = send();
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "stopped", stop: { by: "budget" } }]);
    expect(await upstream.requests[0]!.ended).toBe("client");
    const { inputTokens, outputTokens } = chat.session.runs[0]!.usage;
    expect(inputTokens + outputTokens).toBeGreaterThanOrEqual(9000);
  });

  test("money does so where the price is known, and of the day", async () => {
    await untilModelKnown(rein, "gpt-5.4");
    await setLimits({ day: { usd: 0.2 } });
    upstream.script([text(...pieces(60_000), makeGate())]);
    const chat = send({ provider: "openai", model: "gpt-5.4" });
    expect(await asked(chat)).toMatchObject({ scope: "day", kind: "usd", of: 0.2 });
    expect(await upstream.requests[0]!.ended).toBe("client");
    await rein.stop(chat.sessionId);
    // What was written counts for whoever comes next.
    const other = send();
    expect(await asked(other)).toMatchObject({ scope: "day", kind: "usd" });
    expect(upstream.requests.length).toBe(1);
  });

  test("subagents that write at the same time draw on one limit, and are cut together", async () => {
    const titles = ["one", "two", "three"];
    upstream.script(
      titles.map((title) => toolCall("subagent", { role: "simple", title, task: `Be ${title}.` })),
    );
    upstream.route(({ body }) => {
      const words = JSON.stringify(body);
      const isSubagent = words.includes("Be ") && !words.includes("Do it");
      return isSubagent ? [text(...pieces(40_000), makeGate())] : undefined;
    });
    // None of them passes it alone.
    const chat = send({ limits: { tokens: 30_000 } });
    expect(await asked(chat)).toMatchObject({ scope: "run", kind: "tokens" });
    await untilSession(chat, ({ runs }) => runs[0]!.pause?.state === "paused");
    const opened = upstream.requests.slice(1);
    expect(await Promise.all(opened.map(({ ended }) => ended))).toEqual(
      opened.map(() => "client" as const),
    );
    expect(await rein.stop(chat.sessionId)).toMatchObject({ outcome: "stopped" });
  });

  test("an answer that is whole is not cut by its own count, which the next turn asks about", async () => {
    upstream.script([text("All of it."), usage(9000, 2000)]);
    const chat = send({ limits: { tokens: 1000 } });
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
    expect(textOf(chat)).toBe("All of it.");
  });
});

test("the day's limit holds every session's next run", async () => {
  await setLimits({ day: { tokens: 1000 } });
  upstream.script([text("One."), usage(900, 200)]);
  await send().ended;
  const other = send();
  expect(await asked(other)).toMatchObject({ scope: "day", kind: "tokens", used: 1100, of: 1000 });
  expect(upstream.requests.length).toBe(1);
  upstream.script([text("Two.")]);
  await resume(rein, other.sessionId);
  await other.ended;
  expect(other.session.runs).toMatchObject([{ outcome: "done" }]);
});

test("a model that says nothing for too long is asked about, and is asked anew when told to go on", async () => {
  await setLimits({ stallMinutes: 0.005 });
  const silence = beSilent();
  const chat = send();
  expect(await asked(chat)).toMatchObject({ kind: "stall", of: 0.005 });
  for (const request of upstream.requests) expect(await request.ended).toBe("client");
  silence.end();
  await setLimits({});
  upstream.script([text("Here I am.")]);
  await resume(rein, chat.sessionId);
  await chat.ended;
  expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
});

test("the question outlives its server, and so do the limits", async () => {
  await setLimits({ run: { turns: 1 } });
  upstream.script([look(1)]);
  const chat = send();
  await asked(chat);
  await rein.json("/api/sessions");
  rein.signal("SIGKILL");
  await rein.exited;
  const second = await start();
  expect(await second.json<LimitsRequest>("/api/limits")).toMatchObject({ run: { turns: 1 } });
  const viewer = second.follow(chat.sessionId);
  await viewer.until(({ type }) => type === "snapshot");
  expect(reachedBy(viewer)).toMatchObject({ kind: "turns", of: 1 });
  upstream.script([text("Done.")]);
  await resume(second, chat.sessionId);
  await viewer.until(({ type }) => type === "run-end");
  viewer.hangUp();
  expect(viewer.session.runs).toMatchObject([{ outcome: "done" }]);
});

test("a stop while it asks stops it", async () => {
  await setLimits({ run: { turns: 1 } });
  upstream.script([look(1)]);
  const chat = send();
  await asked(chat);
  expect(await rein.stop(chat.sessionId)).toMatchObject({ outcome: "stopped" });
  await chat.ended;
  expect(reachedBy(chat)).toBeUndefined();
});

test("without limits nothing is held, and a gate may take its time", async () => {
  const gate = makeGate();
  upstream.script([text("One ", gate, "and all.")]);
  const chat = send();
  await chat.until(({ type }) => type === "part-delta");
  gate.open();
  await chat.ended;
  expect(chat.events.some(({ type }) => type === "run-pause" || type === "run-near")).toBe(false);
});

/** A turn that goes on to another one; each with another call, for three equal ones are broken off. */
function look(n: number) {
  return toolCall("bash", { command: `echo ${n}` });
}

/** So many characters in the pieces in which a model sends them. */
function pieces(characters: number): string[] {
  return Array.from({ length: characters / 40 }, () => "Forty characters, over and over, my dear");
}

function textOf({ session }: Chat): string {
  const parts = session.messages.flatMap(({ role, parts: own }) => (role === "user" ? [] : own));
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** No answer until it is over. The limits are so short that the model may not even have been asked by then. */
function beSilent(): { end(): void } {
  let isOver = false;
  upstream.route(() => (isOver ? undefined : [hang]));
  return { end: () => void (isOver = true) };
}

async function asked(chat: Chat): Promise<LimitReached | undefined> {
  await untilSession(chat, () => reachedBy(chat) !== undefined);
  return reachedBy(chat);
}

function reachedBy({ session }: Chat): LimitReached | undefined {
  return session.runs.at(-1)?.pause?.reached;
}

function setLimits(limits: LimitsRequest): Promise<unknown> {
  return rein.json("/api/limits", { method: "PUT", body: JSON.stringify(limits) });
}
