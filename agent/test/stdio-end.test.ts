/** What ends `rein stdio` ends its run: the end of the input, a signal, a reader that is gone, its death. */
import { expect, test } from "bun:test";
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import { commandEnvironment } from "./command-line";
import { pidsWith } from "./machine-facts";
import { type Rein, startRein } from "./rein";
import { startStdio, type StdioProcess } from "./stdio-process";
import { program } from "./stdio-schemas";
import { newCookie, runEnd, stubborn, untilOutput, userLine } from "./stdio-scene";
import { hang, makeGate, text, toolCall } from "./upstream/upstream";
import { until } from "./within";

// A polite stop lets `stubborn` wait no longer than this.
const { upstream, rein, start, defer } = apiScene({
  environment: (one) => ({ ...chatCompletionsOnly(one), REIN_GRACE_MS: "50" }),
});

/** A process whose tool runs, with what it has started. */
async function runningTool(options: Parameters<typeof startStdio>[1] = {}) {
  const cookie = newCookie();
  upstream.script([toolCall("bash", { command: stubborn(cookie) })]);
  const stdio = startStdio(rein, options);
  defer(() => void stdio[Symbol.asyncDispose]());
  stdio.send(userLine({ permissions: "all", id: "a" }));
  await untilOutput(stdio, "ready");
  return { stdio, cookie };
}

async function expectStopped(stdio: StdioProcess, cookie: string, by = "user"): Promise<void> {
  expect(pidsWith(cookie)).toEqual([]);
  const run = (await rein.session(stdio.session.id)).runs.at(-1);
  expect(run).toMatchObject({ outcome: "stopped", receipt: { stop: { by, from: "api" } } });
}

test("the end of the input stops the run, and the exit code after its receipt is 130", async () => {
  const { stdio, cookie } = await runningTool();
  stdio.endInput();
  expect(await stdio.exited).toBe(130);
  expect(await runEnd(stdio)).toMatchObject({ outcome: "stopped", receipt: { survivors: [] } });
  await expectStopped(stdio, cookie);
});

test("the end of the input right behind a message stops it too, and a failed run exits with 1", async () => {
  await using stdio = startStdio(rein);
  stdio.send(userLine());
  stdio.endInput();
  expect(await stdio.exited).toBe(130);
  expect(await runEnd(stdio)).toMatchObject({ outcome: "stopped" });
  await using failing = startStdio(rein);
  failing.send(userLine());
  expect(await runEnd(failing)).toMatchObject({ outcome: "failed" });
  failing.endInput();
  expect(await failing.exited).toBe(1);
});

test("with --detach the run goes on when the input ends", async () => {
  const gate = makeGate();
  upstream.script([text("Half ", gate, "whole.")]);
  await using stdio = startStdio(rein, { args: ["--detach"] });
  stdio.send(userLine());
  stdio.endInput();
  expect(await stdio.exited).toBe(0);
  const viewer = rein.follow(stdio.session.id);
  await gate.reached;
  gate.open();
  await viewer.until(() => viewer.session.runs[0]?.state === "settled");
  viewer.hangUp();
  expect(viewer.session.runs[0]).toMatchObject({ outcome: "done" });
});

test("SIGINT, SIGTERM and SIGHUP end it like the end of its input", async () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const { stdio, cookie } = await runningTool();
    stdio.kill(signal);
    expect([signal, await stdio.exited]).toEqual([signal, 130]);
    expect(await runEnd(stdio)).toMatchObject({ outcome: "stopped" });
    await expectStopped(stdio, cookie);
  }
});

test("a second signal is the hard stop", async () => {
  const environment = { ...chatCompletionsOnly(upstream), REIN_GRACE_MS: "60000" };
  await using patient = await startRein({ environment });
  const command =
    "trap 'echo cleaning; while :; do sleep 1; done' TERM; echo ready; sleep 300 & wait";
  upstream.script([toolCall("bash", { command })]);
  await using stdio = startStdio(patient);
  stdio.send(userLine({ permissions: "all" }));
  await untilOutput(stdio, "ready");
  stdio.kill("SIGINT");
  await untilOutput(stdio, "cleaning");
  stdio.kill("SIGINT");
  expect(await stdio.exited).toBe(130);
  const { runs } = await patient.session(stdio.session.id);
  expect(runs).toMatchObject([{ outcome: "stopped" }]);
});

test("a reader that is gone stops the run, though nothing is written", async () => {
  const { stdio, cookie } = await runningTool();
  await stdio.closeOutput();
  expect(await stdio.exited).not.toBe(0);
  await expectStopped(stdio, cookie);
});

test("an input that cannot be read is said in a line, and the exit code is 1", async () => {
  const script = '"$0" "$@" < /';
  await using stdio = Bun.spawn(["bash", "-c", script, process.execPath, program, "stdio"], {
    cwd: rein.cwd,
    env: { ...process.env, ...commandEnvironment(rein) },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [lines, errors] = await Promise.all([
    new Response(stdio.stdout).text(),
    new Response(stdio.stderr).text(),
  ]);
  expect(await stdio.exited).toBe(1);
  expect(errors).toBe("");
  expect(lines.split("\n")[1]).toContain('"code":"input","message":"The input cannot be read: ');
});

test("its death ends its run, and every process of that", async () => {
  const { stdio, cookie } = await runningTool();
  stdio.kill("SIGKILL");
  await until(() => pidsWith(cookie).length === 0);
  const viewer = rein.follow(stdio.session.id);
  await viewer.until(() => viewer.session.runs[0]?.state === "settled");
  viewer.hangUp();
  await expectStopped(stdio, cookie, "disconnect");
});

test("its death ends the run of a message that it has queued", async () => {
  const gate = makeGate();
  const cookie = newCookie();
  upstream.script(
    [text("First ", gate, "answer.")],
    [toolCall("bash", { command: stubborn(cookie) })],
  );
  await using stdio = startStdio(rein);
  stdio.send(userLine({ permissions: "all", runId: "run-1" }));
  await gate.reached;
  stdio.send({ type: "queue", id: "q", text: "And then" });
  await stdio.answer("q");
  gate.open();
  await runEnd(stdio, "run-1");
  await untilOutput(stdio, "ready");
  stdio.kill("SIGKILL");
  await until(() => pidsWith(cookie).length === 0);
  const viewer = rein.follow(stdio.session.id);
  await viewer.until(() => viewer.session.runs[1]?.state === "settled");
  viewer.hangUp();
  await expectStopped(stdio, cookie, "disconnect");
});

test("the end of the input, a signal and its death leave runs alone that others have started", async () => {
  const gate = makeGate();
  upstream.script([text("Half ", gate, "whole.")]);
  await using owner = startStdio(rein);
  owner.send(userLine({ id: "a" }));
  await owner.answer("a");
  await gate.reached;
  const args = ["--session", owner.session.id];
  for (const end of ["input", "SIGTERM", "SIGKILL"] as const) {
    await using follower = startStdio(rein, { args });
    await follower.until(({ type }) => type === "snapshot");
    // What it has queued is kept then, and nothing else.
    follower.send({ type: "queue", id: "q", text: "And then", runId: `of-${end}` });
    expect(await follower.answer("q")).toMatchObject({ to: "queue" });
    if (end === "input") follower.endInput();
    else follower.kill(end);
    const code = await follower.exited;
    if (end !== "SIGKILL") expect(code).toBe(0);
    const isKept = () =>
      owner.session.queue.some(({ id, waitsFor }) => id === `of-${end}` && waitsFor === "person");
    await owner.until(isKept);
  }
  gate.open();
  expect(await runEnd(owner)).toMatchObject({ outcome: "done" });
});

test("a run that died with its server has an end, once a server is there again", async () => {
  upstream.script([text("Half "), hang]);
  const proxy = await startProxy(rein);
  defer(() => proxy.close());
  await using stdio = startStdio(proxy);
  stdio.send(userLine({ runId: "run-1" }));
  await stdio.until(({ type }) => type === "part-delta");
  rein.signal("SIGKILL");
  await rein.exited;
  proxy.leadTo(await start());
  const end = await runEnd(stdio, "run-1");
  expect(end).toMatchObject({ outcome: "stopped", receipt: { stop: { by: "crash" } } });
  stdio.endInput();
  expect(await stdio.exited).toBe(130);
  expect(stdio.lines.filter(({ type }) => type === "run-end")).toHaveLength(1);
});

test("a connection that breaks is said, and what was missed comes when it is there again", async () => {
  const gate = makeGate();
  upstream.script([text("Before ", gate)], [text("After.")]);
  const proxy = await startProxy(rein);
  defer(() => proxy.close());
  await using stdio = startStdio(proxy);
  stdio.send(userLine());
  await gate.reached;
  await stdio.until(({ type }) => type === "part-delta");
  proxy.breakAll();
  await stdio.until((line) => line.type === "connection" && line.state === "lost");
  await stdio.until((line) => line.type === "connection" && line.state === "open");
  // The chat's connection broke too, which has stopped the run.
  expect(await runEnd(stdio)).toMatchObject({ receipt: { stop: { by: "disconnect" } } });
  stdio.send(userLine({ runId: "run-2" }));
  expect(await runEnd(stdio, "run-2")).toMatchObject({ outcome: "done" });
  expect(stdio.lines.filter(({ type }) => type === "snapshot")).toHaveLength(1);
  expect(stdio.session.messages).toEqual((await rein.session(stdio.session.id)).messages);
});

test("a cancel is answered behind the end of its run, though the events come later than its answer", async () => {
  const gate = makeGate();
  upstream.script([text("Before ", gate)]);
  const proxy = await startProxy(rein);
  defer(() => proxy.close());
  await using stdio = startStdio(proxy, { args: ["--detach"] });
  stdio.send(userLine());
  await gate.reached;
  await stdio.until(({ type }) => type === "part-delta");
  proxy.breakAll();
  await stdio.until((line) => line.type === "connection" && line.state === "lost");
  // It is sent at once; the events are asked for again only after a while.
  stdio.send({ type: "cancel_request", id: "c" });
  expect(await stdio.answer("c")).toMatchObject({ stopped: true, outcome: "stopped" });
  expect(stdio.lines.map(({ type }) => type).filter((type) => /run-end|cancel/.test(type))).toEqual(
    ["run-end", "cancel_response"],
  );
});

test("a server that ends while the input is open is said, and the end of the input then exits with 1", async () => {
  upstream.script([hang]);
  const proxy = await startProxy(rein);
  await using stdio = startStdio(proxy);
  stdio.send(userLine());
  await stdio.until(({ type }) => type === "run-start");
  proxy.close();
  await stdio.until((line) => line.type === "connection" && line.state === "lost");
  stdio.send({ type: "cancel_request", id: "c" });
  expect(await stdio.answer("c")).toMatchObject({ type: "error", code: "unreachable" });
  stdio.endInput();
  expect(await stdio.exited).toBe(1);
  const errors = stdio.lines.filter((line) => line.type === "error" && line.id === undefined);
  expect(errors).toMatchObject([{ code: "unreachable" }]);
});

/** A way to the server that can break. */
async function startProxy(to: Rein) {
  const sockets = new Set<Socket>();
  let port = Number(new URL(to.url).port);
  const server = createServer((incoming) => {
    const outgoing = connect(port, "127.0.0.1");
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const breakAll = () => sockets.forEach((socket) => socket.resetAndDestroy());
  return {
    token: to.token,
    cwd: to.cwd,
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    breakAll,
    leadTo: (next: Rein) => void (port = Number(new URL(next.url).port)),
    close() {
      server.close();
      breakAll();
    },
  };
}
