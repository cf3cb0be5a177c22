/** Limits pause a run and ask, or stop it: on turns, minutes, tokens and money, per run and per day. */
import { describe, expect, test } from "bun:test";
import {
  limitAfter,
  type LimitReached,
  type Limits,
  type Models,
  type SessionEvent,
} from "../shared/protocol";
import type { LimitsRequest } from "../shared/requests";
import { apiScene } from "./api-scene";
import { untilModelKnown } from "./compaction-scene";
import { resume, told, untilSession } from "./control-api";
import { type Chat } from "./rein";
import { failure, hang, makeGate, text, toolCall, usage } from "./upstream/upstream";
import { until } from "./within";

const { upstream, rein, send, start, post } = apiScene({ request: { permissions: "all" } });

test("at its limit of turns a run pauses and asks, and each resume extends the limit by the chosen amount", async () => {
  await setLimits({ run: { turns: 2 } });
  upstream.script(...[1, 2, 3, 4].map((n) => [look(n)]), [text("Done.")]);
  const chat = send();
  const first = { scope: "run", kind: "turns", used: 2, of: 2, more: { by: 2, least: 0 } } as const;
  expect(await asked(chat)).toEqual(first);
  expect(upstream.requests.length).toBe(2);
  await resume(rein, chat.sessionId);
  await untilSession(chat, () => reachedBy(chat)?.of === 4);
  expect(upstream.requests.length).toBe(4);
  await post(`/api/sessions/${chat.sessionId}/resume`, { by: 10 });
  await chat.ended;
  expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
  expect(upstream.requests.length).toBe(5);
});

test("a run near its limit reports it, and continues to its end when the limit is extended", async () => {
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

test("a limit set to stop stops the run with the reason, and the session stays usable", async () => {
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

test("a limit of minutes set to stop ends a running tool", async () => {
  await setLimits({ run: { minutes: 0.005 }, atLimit: "stop" });
  upstream.script([toolCall("bash", { command: "sleep 1000" })]);
  const chat = send();
  await chat.ended;
  expect(chat.session.runs).toMatchObject([{ outcome: "stopped", stop: { by: "timeout" } }]);
});

test("the minutes of a run are not counted while it is paused", async () => {
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
  expect(run).toMatchObject({ outcome: "done", agreed: { run: { minutes: expect.any(Number) } } });
  expect(run!.heldMs).toBeGreaterThanOrEqual(resumedAt - seenAt);
  expect(run!.heldMs).toBeLessThanOrEqual(run!.endedAt! - askedAt);
});

test("a request can set its own limits", async () => {
  upstream.script([look(1)], [text("Done.")]);
  const chat = send({ limits: { turns: 1 } });
  expect(await asked(chat)).toMatchObject({ kind: "turns", of: 1 });
  expect(await rein.stop(chat.sessionId)).toMatchObject({ outcome: "stopped" });
});

test("subagents count against the limits of their run", async () => {
  const titles = ["one", "two", "three"];
  upstream.script(
    titles.map((title) => toolCall("subagent", { role: "simple", title, task: `Be ${title}.` })),
  );
  upstream.route(({ body }) => {
    const requestText = JSON.stringify(body);
    return requestText.includes("Be ") && !requestText.includes("Do it")
      ? [text("I am.")]
      : undefined;
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
  test("tokens that run out pause the run, and the text written so far is kept and continued", async () => {
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

  test("tokens that run out stop the run when the limit is set to stop", async () => {
    await setLimits({ run: { tokens: 9000 }, atLimit: "stop" });
    upstream.script([text(...pieces(40_000), makeGate())]);
    const chat = send();
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "stopped", stop: { by: "budget" } }]);
    expect(await upstream.requests[0]!.ended).toBe("client");
    const { inputTokens, outputTokens } = chat.session.runs[0]!.usage;
    expect(inputTokens + outputTokens).toBeGreaterThanOrEqual(9000);
  });

  test("a day's limit of money pauses the run where the price is known, and the next run too", async () => {
    await untilModelKnown(rein, "gpt-5.4");
    await setLimits({ day: { usd: 0.2 } });
    upstream.script([text(...pieces(60_000), makeGate())]);
    const chat = send({ provider: "openai", model: "gpt-5.4" });
    expect(await asked(chat)).toMatchObject({ scope: "day", kind: "usd", of: 0.2 });
    expect(await upstream.requests[0]!.ended).toBe("client");
    await rein.stop(chat.sessionId);
    // The text written so far counts for the next run.
    const other = send();
    expect(await asked(other)).toMatchObject({ scope: "day", kind: "usd" });
    expect(upstream.requests.length).toBe(1);
  });

  test("subagents that write at the same time count against one limit, and are cut off together", async () => {
    const titles = ["one", "two", "three"];
    upstream.script(
      titles.map((title) => toolCall("subagent", { role: "simple", title, task: `Be ${title}.` })),
    );
    upstream.route(({ body }) => {
      const words = JSON.stringify(body);
      const isSubagent = words.includes("Be ") && !words.includes("Do it");
      return isSubagent ? [text(...pieces(40_000), makeGate())] : undefined;
    });
    // None of them exceeds it alone.
    const chat = send({ limits: { tokens: 30_000 } });
    expect(await asked(chat)).toMatchObject({ scope: "run", kind: "tokens" });
    await untilSession(chat, ({ runs }) => runs[0]!.pause?.state === "paused");
    const opened = upstream.requests.slice(1);
    expect(await Promise.all(opened.map(({ ended }) => ended))).toEqual(
      opened.map(() => "client" as const),
    );
    expect(await rein.stop(chat.sessionId)).toMatchObject({ outcome: "stopped" });
  });

  test("tokens that run out with a count, and nothing after it, are acted on at once", async () => {
    // The service counts the input when the call begins, and then the model writes nothing.
    upstream.script([toolCall("bash", [makeGate()]), usage(9000, 10)]);
    const chat = send({ provider: "anthropic", limits: { tokens: 1000 } });
    expect(await asked(chat)).toMatchObject({ scope: "run", kind: "tokens", of: 1000 });
    expect(await upstream.requests[0]!.ended).toBe("client");
    await rein.stop(chat.sessionId);
  });

  test("a complete answer is not cut off by its own token count", async () => {
    upstream.script([text("All of it."), usage(9000, 2000)]);
    const chat = send({ limits: { tokens: 1000 } });
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
    expect(textOf(chat)).toBe("All of it.");
  });
});

describe("a limit that is smaller than a request: continuing leaves room for another one like it,", () => {
  test("which has the text of the one that was cut, and ends", async () => {
    upstream.script([text(...pieces(4000), makeGate())], [text(...pieces(2000))]);
    const chat = send({ limits: { tokens: 5 } });
    const { used, more } = (await asked(chat))!;
    expect(more).toEqual({ by: 2 * used, least: 2 * used });
    await resume(rein, chat.sessionId);
    await untilSession(chat, ({ runs }) => runs[0]!.state === "settled" || reachedAgain(chat, 5));
    expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
    expect(upstream.requests.length).toBe(2);
  });

  test("also when a smaller amount was named, and the next question has the limit that was said", async () => {
    upstream.script([look(1), usage(900, 100)], [look(2), usage(2900, 100)], [text("Done.")]);
    const chat = send({ limits: { tokens: 5 } });
    const reached = (await asked(chat))!;
    expect(reached).toMatchObject({ used: 1000, more: { by: 2000, least: 2000 } });
    await post(`/api/sessions/${chat.sessionId}/resume`, { by: 10 });
    await untilSession(chat, () => reachedAgain(chat, 5));
    expect(upstream.requests.length).toBe(2);
    expect(reachedBy(chat)).toMatchObject({ used: 4000, of: limitAfter(reached, 10) });
    await resume(rein, chat.sessionId);
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
  });

  test("and up to what was said, though the limit was changed meanwhile", async () => {
    await setLimits({ run: { turns: 1 } });
    upstream.script([look(1)], [look(2)], [look(3)]);
    const chat = send();
    const reached = (await asked(chat))!;
    await setLimits({ run: { turns: 2 } });
    await post(`/api/sessions/${chat.sessionId}/resume`, { by: 2 });
    await untilSession(chat, () => reachedAgain(chat, 1));
    expect(reachedBy(chat)).toMatchObject({ used: 3, of: limitAfter(reached, 2) });
  });

  test("and up to what was said, though the limit was taken away and set again", async () => {
    await setLimits({ run: { turns: 1 } });
    const gate = makeGate();
    upstream.script([look(1)], [gate, look(2)], [look(3)], [look(4)]);
    const chat = send();
    const reached = (await asked(chat))!;
    await setLimits({ run: {} });
    await post(`/api/sessions/${chat.sessionId}/resume`, { by: 2 });
    await gate.reached;
    await setLimits({ run: { turns: 1 } });
    gate.open();
    await untilSession(chat, () => reachedAgain(chat, 1));
    expect(reachedBy(chat)).toMatchObject({ used: 3, of: limitAfter(reached, 2) });
  });

  test("and a limit that was raised meanwhile counts where it is higher than what was said", async () => {
    await setLimits({ run: { turns: 1 } });
    upstream.script(...[1, 2, 3, 4, 5].map((n) => [look(n)]), [text("Done.")]);
    const chat = send();
    await asked(chat);
    await post(`/api/sessions/${chat.sessionId}/resume`, { by: 2 });
    await untilSession(chat, () => reachedAgain(chat, 1));
    await setLimits({ run: { turns: 10 } });
    await post(`/api/sessions/${chat.sessionId}/resume`, { by: 1 });
    await untilSession(chat, ({ runs }) => runs[0]!.state === "settled" || reachedAgain(chat, 3));
    expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
  });
});

/** The question after the one about this limit. */
function reachedAgain(chat: Chat, of: number): boolean {
  return (reachedBy(chat)?.of ?? of) !== of;
}

function isAnswer(event: SessionEvent): boolean {
  return event.type === "message-start" && event.message.role === "assistant";
}

describe("a limit in dollars, where a model's price is not known,", () => {
  test("is said before the model is asked, and counts its tokens at a flat price", async () => {
    await setLimits({ run: { usd: 0.01 } });
    upstream.script([look(1), usage(900, 100)], [text("Done.")]);
    const chat = send();
    const said = await chat.until(({ type }) => type === "run-unpriced");
    expect(said).toMatchObject({
      provider: "openai-chat",
      model: "local-model",
      usdPerMillion: 10,
    });
    const before = chat.events.slice(0, chat.events.indexOf(said));
    expect(before.some(isAnswer)).toBe(false);
    expect(await asked(chat)).toEqual({
      scope: "run",
      kind: "usd",
      used: 0.01,
      of: 0.01,
      unpricedTokens: 1000,
      more: { by: 0.02, least: 0.02 },
    });
    await resume(rein, chat.sessionId);
    await chat.ended;
    const [run] = chat.session.runs;
    expect(run).toMatchObject({ outcome: "done", unpriced: [{ model: "local-model" }] });
    // Known and unknown never mix: what it cost is not known.
    expect(run!.usage.costUsd).toBeUndefined();
    expect(run!.usage.unpricedTokens).toBe(run!.usage.inputTokens + run!.usage.outputTokens);
  });

  test("is said of the model that is asked, and not of one chosen for the next run", async () => {
    await setLimits({ run: { usd: 5 } });
    const gate = makeGate();
    upstream.script([text("One ", gate), look(1)], [text("Done.")]);
    const chat = send();
    await chat.until(({ type }) => type === "part-delta");
    await rein.json(`/api/sessions/${chat.sessionId}`, {
      method: "PATCH",
      body: JSON.stringify({ model: "not-asked" }),
    });
    gate.open();
    await chat.ended;
    expect(chat.session.runs).toMatchObject([
      { outcome: "done", unpriced: [{ model: "local-model" }] },
    ]);
    expect(chat.session.runs[0]!.unpriced).toHaveLength(1);
  });

  test("is said of a subagent's model too, before that is asked", async () => {
    const models = { "openai-chat": { "local-model": { price: { input: 1, output: 1 } } } };
    await rein.json("/api/settings", { method: "PUT", body: JSON.stringify({ models }) });
    await setLimits({ run: { usd: 5 } });
    const model = { provider: "openai-chat", model: "unpriced" };
    const part = { role: "simple", title: "Part", task: "Find it.", ...model };
    upstream.script([toolCall("subagent", part)], [text("Found.")], [text("Done.")]);
    const chat = send();
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "done", unpriced: [model] }]);
    const said = chat.events.findIndex(({ type }) => type === "run-unpriced");
    const isSubagents = (event: SessionEvent) =>
      event.type === "message-start" && event.agentId !== undefined && isAnswer(event);
    expect(chat.events.slice(0, said).some(isSubagents)).toBe(false);
    expect(upstream.requests.map(({ model }) => model)).toEqual([
      "local-model",
      "unpriced",
      "local-model",
    ]);
  });

  test("says it where the service states the cost itself, and counts that once it is stated", async () => {
    const openrouter = { apiKey: "key", baseUrl: upstream.baseUrls["openai-chat"] };
    await rein.json("/api/settings", {
      method: "PUT",
      body: JSON.stringify({ providers: { openrouter } }),
    });
    await setLimits({ run: { usd: 5 } });
    upstream.script([text("One."), usage(1000, 400, { costUsd: 0.002 })]);
    const chat = send({ provider: "openrouter", model: "anthropic/unlisted" });
    await chat.ended;
    const [run] = chat.session.runs;
    expect(run!.unpriced).toMatchObject([{ model: "anthropic/unlisted", statesCost: true }]);
    expect(run!.usage).toMatchObject({ costUsd: 0.002, estimated: false });
    expect(run!.usage.unpricedTokens).toBeUndefined();
    const { providers } = await rein.json<Models>("/api/models");
    expect(providers.filter(({ statesCost }) => statesCost).map(({ id }) => id)).toEqual([
      "openrouter",
    ]);
  });

  test("counts them for the day too", async () => {
    await setLimits({ day: { usd: 0.01 } });
    upstream.script([text("One."), usage(900, 200)]);
    await send().ended;
    expect(await asked(send())).toMatchObject({ scope: "day", kind: "usd", used: 0.011 });
  });

  test("says nothing of a model whose price the user has entered", async () => {
    const price = { input: 1, output: 1 };
    const models = { "openai-chat": { "local-model": { price } } };
    await rein.json("/api/settings", { method: "PUT", body: JSON.stringify({ models }) });
    await setLimits({ run: { usd: 1 } });
    upstream.script([text("One."), usage(1000, 1000)]);
    const chat = send();
    await chat.ended;
    const [run] = chat.session.runs;
    expect(run!.unpriced).toBeUndefined();
    expect(run!.usage).toMatchObject({ costUsd: 0.002 });
  });
});

test("the day's limit pauses the next run of every session", async () => {
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

describe("a run of which no byte has come for too long", () => {
  test("asks, keeps its request, and goes on by itself when something comes", async () => {
    await setLimits({ stallMinutes: 0.005 });
    const gate = makeGate();
    const rest = makeGate();
    upstream.script([gate, text("Here ", rest, "I am.")]);
    const chat = send();
    await untilSession(chat, ({ runs }) => runs[0]?.stall !== undefined);
    expect(chat.session.runs[0]).toMatchObject({ state: "running" });
    expect(chat.session.runs[0]!.pause).toBeUndefined();
    gate.open();
    await untilSession(chat, ({ runs }) => runs[0]?.stall === undefined);
    expect(chat.session.runs[0]).toMatchObject({ state: "running" });
    rest.open();
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
    expect(upstream.requests.length).toBe(1);
  });

  test("is asked again by a person: the silent request is closed, and what it had written is continued", async () => {
    await setLimits({ stallMinutes: 0.005 });
    upstream.script([text("Half ", "of it"), hang], [text("and the rest.")]);
    const chat = send();
    await chat.until((event) => event.type === "part-delta" && event.delta.includes("of it"));
    await untilSession(chat, ({ runs }) => runs[0]?.stall !== undefined);
    expect(await askAgain(chat)).toEqual({ asked: true });
    expect(await upstream.requests[0]!.ended).toBe("client");
    await chat.ended;
    expect(chat.session.messages.slice(1)).toMatchObject([
      { outcome: "failed", parts: [{ text: "Half of it" }, { error: { code: "asked-again" } }] },
      { outcome: "done", parts: [{ text: "and the rest." }] },
    ]);
    expect(upstream.requests[1]!.refusal).toBeUndefined();
  });

  test("stops at once, and the question is gone", async () => {
    await setLimits({ stallMinutes: 0.005, atLimit: "stop" });
    upstream.script([hang]);
    const chat = send();
    await untilSession(chat, ({ runs }) => runs[0]?.stall !== undefined);
    await rein.stop(chat.sessionId);
    await chat.ended;
    expect(chat.session.runs[0]!.stall).toBeUndefined();
    expect(chat.session.runs).toMatchObject([{ outcome: "stopped", stop: { by: "user" } }]);
  });
});

test("a person ends a countdown, and the request is sent at once", async () => {
  upstream.script([failure("rate-limit", { headers: { "retry-after": "600" } })], [text("Fine.")]);
  const chat = send();
  await chat.until(({ type }) => type === "retry-start");
  expect(await askAgain(chat)).toEqual({ asked: true });
  await chat.ended;
  expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
  expect(await askAgain(chat)).toEqual({ asked: false });
});

test("limits that name nothing else ask after five minutes without a byte, and can ask never", async () => {
  const limits = () => rein.json<Limits>("/api/limits");
  expect(await limits()).toMatchObject({ stallMinutes: 5, retry: { attempts: 30, minutes: 20 } });
  await setLimits({ stallMinutes: "never" });
  expect(await limits()).toMatchObject({ stallMinutes: "never" });
});

function askAgain({ sessionId }: Chat): Promise<unknown> {
  return rein.json(`/api/sessions/${sessionId}/ask-again`, { method: "POST", body: "{}" });
}

test("the limits and the question of a paused run survive a restart of the server", async () => {
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

test("a stop ends a run that is paused at a limit", async () => {
  await setLimits({ run: { turns: 1 } });
  upstream.script([look(1)]);
  const chat = send();
  await asked(chat);
  const { usage: before } = chat.session.runs[0]!;
  expect(await rein.stop(chat.sessionId)).toMatchObject({
    outcome: "stopped",
    // Of the turn that was never asked for, nothing.
    receipt: { usage: before },
  });
  await chat.ended;
  expect(reachedBy(chat)).toBeUndefined();
});

test("without limits a run is never paused, however long the model takes", async () => {
  const gate = makeGate();
  upstream.script([text("One ", gate, "and all.")]);
  const chat = send();
  await chat.until(({ type }) => type === "part-delta");
  gate.open();
  await chat.ended;
  expect(chat.events.some(({ type }) => type === "run-pause" || type === "run-near")).toBe(false);
});

/** A turn that leads to another one; each calls with another input, because three equal calls are stopped. */
function look(n: number) {
  return toolCall("bash", { command: `echo ${n}` });
}

/** This many characters, in pieces as a model sends them. */
function pieces(characters: number): string[] {
  return Array.from({ length: characters / 40 }, () => "Forty characters, over and over, my dear");
}

function textOf({ session }: Chat): string {
  const parts = session.messages.flatMap(({ role, parts: own }) => (role === "user" ? [] : own));
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** No answer until `end` is called. The limits are so short that the request may not even have been sent by then. */
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
