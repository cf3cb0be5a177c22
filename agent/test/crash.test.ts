/** A crash or a signal loses at most the last 100 ms, and damages nothing. */
import { describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { interruptionText } from "../shared/protocol";
import type { Message, Session, StopRecord, ToolCallPart } from "../shared/protocol";
import { toolCallsOf } from "../shared/message-parts";
import { childrenOf } from "../server/processes/linux/descendants";
import { apiScene, chatCompletionsOnly, withoutChanges } from "./api-scene";
import { pause, processesLeft, queue } from "./control-api";
import type { Rein, ReinOptions } from "./rein";
import { processesIn } from "./sweep/leak-detector";
import { violationsOf } from "./sweep/invariants";
import { until, untilAsync } from "./within";
import { failure, hang, makeGate, text, toolCall } from "./upstream/upstream";

const { upstream, dataDir, start, send } = apiScene({
  environment: chatCompletionsOnly,
  request: { permissions: "all" },
  starts: false,
});

/** A shell command that counts. */
const counting = "for ((i = 1; ; i++)); do echo $i; sleep 0.004; done";

describe("kill -9", () => {
  test.each([14, 5, 58, 0, 22])(
    "loses at most the last 100 ms, at any moment (after at least %i lines)",
    async (lines) => {
      const rein = await start();
      const pass = await startClock(100);
      upstream.script([text("I count."), toolCall("bash", { command: counting })]);
      const chat = send();
      await chat.until(() => linesOf(chat.session).length > lines);
      const seen = linesOf(chat.session);
      await pass();
      rein.signal("SIGKILL");
      await rein.exited;

      const second = await start();
      const session = await second.session(chat.sessionId);
      expect(violationsOf(session)).toEqual([]);
      expect(session.runs[0]).toMatchObject({
        state: "settled",
        outcome: "stopped",
        stop: { by: "crash" },
      });
      expect(session.messages.at(-1)!.parts.at(-1)).toMatchObject({ type: "interruption" });
      const kept = linesOf(session);
      expect(kept).toEqual(kept.map((_, index) => index + 1));
      expect(kept.length).toBeGreaterThanOrEqual(seen.length);
      expect(await processesLeft(second, session.id, rein.cwd)).toEqual([]);
      await nextMessageWorks(second, session.id, interruptionText("crash"));
    },
  );

  test("of the server and all supervisors: the receipt says what the next start ended, and so does the history of stops", async () => {
    const rein = await start();
    const daemon = "setsid sleep 300 </dev/null >/dev/null 2>&1 & sleep 300";
    upstream.script(
      [toolCall("bash", { command: daemon, background: true })],
      [toolCall("bash", { command: `echo on; ${daemon}; :` })],
    );
    const chat = send();
    const outputs = () => chat.session.messages.flatMap(toolCallsOf).map(({ output }) => output);
    await chat.until(() => outputs()[1] === "on\n");
    // A request for the session list flushes pending writes.
    await rein.json("/api/sessions");
    const supervisors = childrenOf(rein.pid);
    for (const pid of [rein.pid, ...supervisors]) process.kill(pid, "SIGSTOP");
    for (const pid of [...supervisors, rein.pid]) process.kill(pid, "SIGKILL");
    await rein.exited;
    expect(processesIn(rein.cwd)).not.toEqual([]);

    const second = await start();
    const live = second.follow(chat.sessionId);
    await live.until(() => live.session.runs[0]?.receipt?.proof !== undefined);
    await live.until(() => live.session.processes?.[0]?.state === "stopped");
    expect(await processesLeft(second, chat.sessionId, rein.cwd)).toEqual([]);
    const sure = { proof: expect.stringMatching(/^(proven|seen)$/) };
    const { receipt } = live.session.runs[0]!;
    expect(receipt).toMatchObject({ ...sure, stop: { by: "crash" }, survivors: [] });
    const commands = receipt!.processes.map(({ command }) => command);
    expect(commands.filter((one) => one === "sleep 300").length).toBeGreaterThanOrEqual(3);
    expect(receipt!.toolCalls).toMatchObject([sure, { ...sure, outcome: "stopped" }]);
    expect(live.session.processes).toMatchObject([{ ...sure, stop: { by: "crash" } }]);
    const { stops } = await second.json<{ stops: StopRecord[] }>("/api/stops");
    expect(stops[0]).toMatchObject({ ...sure, processesEnded: receipt!.processes.length });
  });

  test("while a plan waits, with a step under way, keeps both, in plan mode", async () => {
    const rein = await start();
    upstream.script([
      toolCall("todo", { entries: [{ text: "Plan it", state: "in_progress" }] }),
      toolCall("plan", { title: "Go", plan: "1. Go" }),
    ]);
    const chat = send({ permissions: "plan" });
    await chat.until(({ type }) => type === "approval-request");
    await chat.until(() => chat.session.todo !== undefined);
    await rein.json("/api/sessions");
    rein.signal("SIGKILL");
    await rein.exited;

    const session = await (await start()).session(chat.sessionId);
    expect(violationsOf(session)).toEqual([]);
    expect(session).toMatchObject({
      permissions: "plan",
      todo: { entries: [{ text: "Plan it", state: "stopped" }] },
      runs: [{ outcome: "stopped", stop: { by: "crash", point: "approval" } }],
    });
    expect(session.messages.flatMap(toolCallsOf)).toMatchObject([
      { name: "todo" },
      { name: "plan", state: "stopped", approval: { kind: "plan", subject: "1. Go" } },
    ]);
  });

  test("in a run of a schedule settles it, and begins nothing again; between claim and run it is told, and made up for once", async () => {
    const first = await start();
    upstream.script([hang]);
    const { signal } = new AbortController();
    const asked = { provider: "openai-chat", model: "local-model", missed: "once" } as const;
    const when = { at: Date.now() + 3_600_000 };
    const { id } = await first.sdk.addSchedule(
      { name: "Once", message: "Do it", cwd: first.cwd, when, ...asked },
      signal,
    );
    await first.sdk.runSchedule(id, signal);
    await upstream.request(0);
    first.signal("SIGKILL");
    await first.exited;

    const second = await start();
    const read = async (rein: Rein) => (await rein.sdk.schedules(signal)).schedules[0]!;
    const settled = await read(second);
    expect(settled).toMatchObject({ id, nextAt: when.at, last: { outcome: "stopped" } });
    expect(settled.skipped).toBeUndefined();
    const { runs } = await second.session(settled.last!.sessionId);
    expect(runs).toMatchObject([{ stop: { by: "crash" }, unattended: true }]);
    second.signal("SIGKILL");
    await second.exited;

    // As it is on the disk after the claim.
    const path = join(dataDir(), "schedules.json");
    const { last: _last, ...stored } = settled;
    const claimed = { at: Date.now(), sessionId: "claimed-session", runId: "claimed-run" };
    writeFileSync(path, JSON.stringify({ schedules: [{ ...stored, claimed }] }));
    mkdirSync(first.cwd, { recursive: true });
    upstream.script([text("Once more.")]);
    const third = await start();
    await untilAsync(async () => (await read(third)).last?.outcome === "done", "its one run");
    const { skipped, last } = await read(third);
    expect(skipped).toEqual({ at: claimed.at, because: "down" });
    expect(last!.runId).not.toBe("claimed-run");
    third.signal("SIGKILL");
    await third.exited;
    expect((await read(await start())).last!.runId).toBe(last!.runId);
    expect(upstream.requests).toHaveLength(2);
  });

  test("right after a message was accepted keeps the message", async () => {
    const rein = await start();
    upstream.script([hang]);
    const chat = send();
    await chat.until((event) => event.type === "message-start");
    rein.signal("SIGKILL");
    await rein.exited;
    const session = await (await start()).session(chat.sessionId);
    expect(session.messages[0]!.parts).toMatchObject([{ type: "text", text: "Do it" }]);
    expect(session.runs[0]).toMatchObject({ outcome: "stopped", stop: { by: "crash" } });
  });

  test("right after a message was queued and a run was paused keeps the queue and the pause", async () => {
    const rein = await start();
    upstream.script([text("Part of ", makeGate())]);
    const chat = send();
    await chat.until((event) => event.type === "part-delta");
    await queue(rein, chat.sessionId, { message: "And then?" });
    await pause(rein, chat.sessionId, { cut: true });
    await chat.until(
      ({ type }) => type === "run-pause" && chat.session.runs[0]!.pause?.state === "paused",
    );
    rein.signal("SIGKILL");
    await rein.exited;
    const second = await start();
    const session = await second.session(chat.sessionId);
    expect(session.queue).toMatchObject([{ text: "And then?", waitsFor: "run" }]);
    expect(session.runs).toMatchObject([{ state: "running", pause: { state: "paused" } }]);
  });

  test("between two answers leaves an interruption mark too, and the next request tells the model about it", async () => {
    const rein = await start();
    upstream.script([hang]);
    const chat = send();
    await chat.until((event) => event.type === "message-start");
    await upstream.request(0);
    rein.signal("SIGKILL");
    await rein.exited;
    // As if the last writes were lost: the run has no answer yet.
    const database = new Database(join(dataDir(), "rein.db"));
    database.run("DELETE FROM messages WHERE position > 0");
    database.close();
    const second = await start();
    const { messages } = await second.session(chat.sessionId);
    expect(messages.map(({ role, outcome }) => [role, outcome])).toEqual([
      ["user", undefined],
      ["assistant", "stopped"],
    ]);
    await nextMessageWorks(second, chat.sessionId, interruptionText("crash"));
  });

  test("during a subagent keeps the subagent's text for the model", async () => {
    const rein = await start();
    const task = { role: "simple", title: "one", task: "Be one." };
    upstream.script([toolCall("subagent", task)], [text("One has seen ", makeGate())]);
    const chat = send();
    await chat.until((event) => event.type === "part-delta" && event.delta === "One has seen ");
    // A request for the session list flushes pending writes.
    await rein.json("/api/sessions");
    rein.signal("SIGKILL");
    await rein.exited;
    await nextMessageWorks(await start(), chat.sessionId, "One has seen");
  });

  test("during recovery lets the next start recover the same session", async () => {
    const rein = await start();
    upstream.script([text("Part of ", makeGate())]);
    const chat = send();
    await chat.until((event) => event.type === "part-delta");
    await rein.json("/api/sessions");
    rein.signal("SIGKILL");
    await rein.exited;
    for (let again = 0; again < 3; again++) {
      const next = await start();
      next.signal("SIGKILL");
      await next.exited;
    }
    const session = await (await start()).session(chat.sessionId);
    expect(violationsOf(session)).toEqual([]);
    expect(session.messages[1]!.parts.map(({ type }) => type)).toEqual(["text", "interruption"]);
  });
});

describe.each(["SIGTERM", "SIGINT"] as const)("%s", (signal) => {
  test("settles every run with its subagents and processes, and exits 0, even if a command ignores signals", async () => {
    const rein = await start();
    const titles = ["one", "two", "three"];
    const ignore = "trap '' TERM INT; echo on; while :; do sleep 1; done";
    upstream.route(({ body }) => {
      const requestText = JSON.stringify(body);
      if (requestText.includes("Be stubborn")) return [toolCall("bash", { command: ignore })];
      if (requestText.includes("Be silent")) return [text("Part of ", makeGate())];
      if (requestText.includes("Send three"))
        return titles.map((title) =>
          toolCall("subagent", { role: "simple", title, task: `Be ${title}.` }),
        );
      return [text("I wait. "), toolCall("bash", { command: "echo on; sleep 1000 & wait" })];
    });
    const [stubborn, silent] = [send("Be stubborn"), send("Be silent")];
    const parent = send("Send three");
    await stubborn.until((event) => event.type === "part-delta" && event.field === "output");
    await silent.until((event) => event.type === "part-delta");
    await parent.until(() => {
      const outputs = callsIn(parent.session).map(({ output }) => output);
      return outputs.join("") === "on\n".repeat(titles.length);
    });
    rein.signal(signal);
    expect(await rein.exited).toBe(0);
    const chats = [stubborn, silent, parent];
    await Promise.all(chats.map((chat) => chat.ended));
    for (const chat of chats)
      expect(chat.session.runs[0]).toMatchObject({ outcome: "stopped", stop: { by: "shutdown" } });
    expect(callsIn(parent.session).map(({ state }) => state)).toEqual(titles.map(() => "stopped"));
    expect(processesIn(rein.cwd)).toEqual([]);
    const second = await start();
    for (const chat of chats) {
      const saved = await second.session(chat.sessionId);
      expect(withoutChanges(saved)).toEqual(withoutChanges(chat.session));
    }
  });
});

describe.each(["SIGHUP", "SIGQUIT"] as const)("%s", (signal) => {
  test("ends the server as SIGTERM does, and another signal during the shutdown changes nothing", async () => {
    const rein = await start();
    upstream.script([toolCall("bash", { command: "trap '' TERM; echo on; sleep 1000" })]);
    const chat = send();
    await chat.until((event) => event.type === "part-delta" && event.field === "output");
    rein.signal(signal);
    await chat.until((event) => event.type === "run-stopping");
    rein.signal(signal);
    rein.signal("SIGTERM");
    expect(await rein.exited).toBe(0);
    await chat.ended;
    expect(chat.session.runs[0]).toMatchObject({ outcome: "stopped", stop: { by: "shutdown" } });
  });
});

test("a server that was started with SIGHUP ignored, as by nohup, survives the end of its terminal", async () => {
  const rein = await start({ command: ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"] });
  rein.signal("SIGHUP");
  upstream.script([text("Hello.")]);
  const chat = send();
  await chat.ended;
  expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
});

test("a run that a shutdown has not settled in time is settled by the next start for the same reason", async () => {
  const rein = await start({ environment: { REIN_GRACE_MS: "60000" } });
  upstream.script([
    toolCall("bash", { command: "trap : TERM; echo on; while :; do sleep 1; done" }),
  ]);
  const chat = send();
  await chat.until((event) => event.type === "part-delta" && event.field === "output");
  rein.signal("SIGTERM");
  await chat.until((event) => event.type === "run-stopping");
  // A request for the session list flushes pending writes.
  await rein.json("/api/sessions");
  rein.signal("SIGKILL");
  await rein.exited;
  const { runs, messages } = await (await start()).session(chat.sessionId);
  expect(runs[0]).toMatchObject({ outcome: "stopped", stop: { by: "shutdown" } });
  const mark = { type: "interruption", stop: { by: "shutdown" } };
  expect(messages.at(-1)!.parts.at(-1)).toMatchObject(mark);
});

describe("a data directory that cannot be used", () => {
  test("is refused with advice: a damaged file, which is left as it was", async () => {
    const garbage = "This is no database. ".repeat(1000);
    writeFileSync(join(dataDir(), "rein.db"), garbage);
    const words = await refusal();
    expect(words).toContain("cannot be opened");
    expect(words).toContain("move the damaged file away");
    expect(readFileSync(join(dataDir(), "rein.db"), "utf8")).toBe(garbage);
  });

  test("is refused with advice: a file that is damaged in the middle", async () => {
    const first = await start();
    upstream.script([text("x".repeat(100_000))]);
    await send().ended;
    await first[Symbol.asyncDispose]();
    const bytes = readFileSync(join(dataDir(), "rein.db"));
    bytes.fill("damage", 4096, 4096 * 8);
    writeFileSync(join(dataDir(), "rein.db"), bytes);
    expect(await refusal()).toContain("damaged");
    expect(readFileSync(join(dataDir(), "rein.db")).equals(bytes)).toBe(true);
  });

  test("is refused with advice: a path that is not writable", async () => {
    const words = await refusal({ dataDir: "/proc/rein" });
    expect(words).toContain("REIN_DATA_DIR");
  });
});

describe("an uncaught error", () => {
  test.each([
    ["in a promise", "Promise.reject(new Error('escaped'))"],
    ["in a timer", "setTimeout(() => { throw new Error('escaped'); })"],
  ])("%s is logged, and the server keeps serving", async (_name, escape) => {
    const path = join(dataDir(), "escape.ts");
    writeFileSync(path, `process.on("SIGUSR2", () => void ${escape});`);
    const rein = await start({ environment: { BUN_OPTIONS: `--preload ${path}` } });
    upstream.script([text("Before "), hang]);
    const chat = send();
    await chat.until(({ type }) => type === "part-delta");
    process.kill(rein.pid, "SIGUSR2");
    await until(() => rein.output().includes("escaped"));
    expect(rein.output()).toContain('"level":"error"');
    await rein.stop(chat.sessionId);
    await chat.ended;
    await nextMessageWorks(rein, chat.sessionId, "Before");
  });
});

/** The output of a server that fails to start. */
function refusal(options: ReinOptions = {}): Promise<string> {
  return start(options).then(
    () => "It has started.",
    (error: unknown) => String(error),
  );
}

async function nextMessageWorks(rein: Rein, sessionId: string, kept: string): Promise<void> {
  upstream.script([text("Back again.")]);
  const next = rein.chat({ sessionId, message: "Go on" });
  await next.ended;
  expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
  const request = upstream.requests.at(-1)!;
  expect(request.refusal).toBeUndefined();
  expect(JSON.stringify(request.body)).toContain(kept);
}

/**
 * A timer in the server itself: the returned function resolves when this much time has passed for the server and the work
 * due by then is done, however busy the machine is. It uses the retry delay of a run that is already on disk.
 */
async function startClock(ms: number): Promise<() => Promise<void>> {
  const gate = makeGate();
  upstream.script([gate, failure("rate-limit", { headers: { "retry-after-ms": String(ms) } })]);
  send("Wait");
  await gate.reached;
  return async () => {
    upstream.script([hang]);
    const again = upstream.requests.length;
    gate.open();
    await upstream.request(again);
  };
}

/** The numbers that the command has printed. */
function linesOf({ messages }: Session): number[] {
  const call = messages
    .at(1)
    ?.parts.find((part): part is ToolCallPart => part.type === "tool-call");
  const lines = call?.output.split("\n").slice(0, -1) ?? [];
  return lines.filter((line) => /^\d+$/.test(line)).map(Number);
}

/** The tool calls of the three subagents: a placeholder until all three have started. */
function callsIn({ messages }: Session): Pick<ToolCallPart, "output" | "state">[] {
  const calls = (message: Message) => message.parts.filter((part) => part.type === "tool-call");
  const inner = messages.flatMap(calls).flatMap((call) => call.subagent?.messages ?? []);
  const found = inner.flatMap(calls);
  return found.length === 3 ? found : [{ output: "", state: "writing" }];
}
