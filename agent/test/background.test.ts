/** A background process outlives its call and its run, is listed, and ends with its session or server. */
import { beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";

import { join } from "node:path";
import type { BackgroundProcess, ProcessLook, ProcessOutput, Receipt } from "../shared/protocol";
import { isLiving } from "../shared/session-lookup";
import { apiScene } from "./api-scene";
import { isAlive, untilFile } from "./machine-facts";
import { napping } from "./processes-bench";
import { type Chat } from "./rein";
import { hang, text, toolCall } from "./upstream/upstream";

const { upstream, rein, send, restart } = apiScene({
  request: { model: "claude-scripted", permissions: "all" },
});

describe("a process in the background", () => {
  test("outlives its run: the call reports its id, its pid and its port, and the port answers", async () => {
    const chat = await runsInBackground(server);
    expect(chat.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    const { pid } = onlyProcess(chat);
    const port = await portOf(chat);
    const call = chat.session.messages
      .flatMap(({ parts }) => parts)
      .find((part) => part.type === "tool-call")!;
    expect(call.output).toContain(`[process p1 is running (pid ${pid}, listening on port ${port})`);
    expect(isAlive(pid)).toBe(true);
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe("served");
  });

  test("is stopped by its id, its port is free at once, and every viewer gets the event", async () => {
    const chat = await runsInBackground(server);
    const viewer = rein.follow(chat.sessionId);
    await viewer.until(({ type }) => type === "snapshot");
    const port = await portOf(chat);
    const { pid } = onlyProcess(chat);
    const answer = await stopProcess(chat, "p1");
    expect(answer).toMatchObject({ survivors: [] });
    expect(answer.ended.map((one) => one.pid)).toContain(pid);
    expect(isAlive(pid)).toBe(false);
    await Bun.serve({ port, hostname: "127.0.0.1", fetch: () => new Response() }).stop(true);
    await viewer.until(({ type }) => type === "process-end");
    expect(onlyProcess(viewer)).toMatchObject({
      state: "stopped",
      stop: { by: "user", from: "api" },
    });
    viewer.hangUp();
  });

  test("that exits by itself is reported as ended, with its exit code", async () => {
    const chat = await runsInBackground("echo first words; exit 7");
    const follow = rein.follow(chat.sessionId);
    await follow.until(() => follow.session.processes?.some((one) => !isLiving(one)) ?? false);
    expect(onlyProcess(follow)).toMatchObject({ state: "failed", exitCode: 7 });
    expect((await output(chat, "p1")).text).toBe("first words\n");
    follow.hangUp();
  });

  test("is listed with its age, memory, ports and last line", async () => {
    const chat = await runsInBackground(server);
    const [look] = await looks(chat);
    const { pid, startedAt } = onlyProcess(chat);
    expect(look).toMatchObject({ id: "p1", command: server, pid, startedAt, lastLine: "ready" });
    expect(look!.memoryBytes).toBeGreaterThan(1_000_000);
    expect(look!.ports).toEqual([await portOf(chat)]);
  });

  test("returns its output from the offset where the last read ended", async () => {
    const chat = await runsInBackground(
      "echo one; until [ -e go ]; do sleep 0.01; done; echo two; sleep 300",
    );
    const first = await output(chat, "p1");
    expect(first).toEqual({ text: "one\n", from: 0, next: 4 });
    await Bun.write(join(rein.cwd, "go"), "");
    let second = await output(chat, "p1", first.next);
    while (second.text === "") second = await output(chat, "p1", first.next);
    expect(second).toEqual({ text: "two\n", from: 4, next: 8 });
    await stopProcess(chat, "p1");
    expect(readFileSync(join(rein.dataDir, "processes", chat.sessionId, "p1.log"), "utf8")).toBe(
      "one\ntwo\n",
    );
  });

  test("starts in the state of the session's shell", async () => {
    upstream.script(
      [toolCall("bash", { command: "mkdir inner; cd inner; x=1" })],
      [toolCall("bash", { command: "pwd; echo $x; sleep 300", background: true })],
      [text("Done.")],
    );
    const chat = send();
    await chat.ended;
    expect((await output(chat, "p1")).text).toBe(`${rein.cwd}/inner\n1\n`);
  });

  test("with an unknown id is answered with 404", async () => {
    const chat = await runsInBackground("true");
    for (const [method, path] of [
      ["POST", "p9/stop"],
      ["PATCH", "p9"],
      ["GET", "p9/output"],
    ] as const)
      expect((await ask(chat, method, path, { pinned: true })).status).toBe(404);
  });
});

describe("Stop", () => {
  test("ends the background processes that its run started, and the receipt names them", async () => {
    upstream.script([toolCall("bash", { command: "exec sleep 300", background: true })], [hang]);
    const chat = send();
    const { pid } = await started(chat);
    await upstream.request(1);
    const receipt = await stopRun(chat);
    expect(isAlive(pid)).toBe(false);
    expect(receipt.processes).toMatchObject([{ pid, command: "sleep 300" }]);
    await chat.ended;
    expect(onlyProcess(chat)).toMatchObject({ state: "stopped", stop: { by: "user" } });
  });

  test("ends the processes that a command of its run left running", async () => {
    upstream.script([toolCall("bash", { command: `exec >/dev/null; ${napping}` })], [hang]);
    const chat = send();
    await started(chat);
    const [pid] = (await looks(chat)).map((look) => look.pid);
    await upstream.request(1);
    const receipt = await stopRun(chat);
    expect(receipt.processes).toMatchObject([{ command: "sleep 300" }]);
    expect(isAlive(receipt.processes[0]!.pid)).toBe(false);
    expect(isAlive(pid!)).toBe(false);
    await chat.ended;
  });

  test("keeps pinned processes and those of earlier runs running", async () => {
    const earlier = await runsInBackground("exec sleep 300");
    const first = onlyProcess(earlier);
    upstream.script([toolCall("bash", { command: "exec sleep 301", background: true })], [hang]);
    const chat = send({ sessionId: earlier.sessionId });
    await chat.until((event) => event.type === "process-start");
    await upstream.request(3);
    const second = (await processes(chat)).at(-1)!;
    expect((await ask(chat, "PATCH", second.id, { pinned: true })).status).toBe(200);
    const receipt = await stopRun(chat);
    expect(receipt.processes).toEqual([]);
    expect([first.pid, second.pid].map(isAlive)).toEqual([true, true]);
    await chat.ended;
    expect(await processes(chat)).toMatchObject([
      { state: "running", pinned: false },
      { state: "running", pinned: true },
    ]);
  });

  test("keeps pinned processes running when it is pressed a second time too", async () => {
    upstream.script(
      [toolCall("bash", { command: "exec sleep 300", background: true })],
      [toolCall("bash", { command: "trap '' TERM; touch ready; while :; do sleep 0.1; done" })],
    );
    const chat = send();
    const { pid } = await started(chat);
    await ask(chat, "PATCH", "p1", { pinned: true });
    await untilFile(join(rein.cwd, "ready"));
    const first = rein.stop(chat.sessionId, { runId: chat.runId });
    await rein.stop(chat.sessionId, { runId: chat.runId, hard: true });
    await first;
    expect(isAlive(pid)).toBe(true);
    await chat.ended;
  });

  test("of one call, while the call checks the process that it started, ends that process", async () => {
    upstream.script([toolCall("bash", { command: "exec sleep 300", background: true })], [hang]);
    const chat = send();
    const { pid, toolCallId } = await started(chat);
    expect(await rein.stop(chat.sessionId, { toolCallId })).toMatchObject({ outcome: "stopped" });
    expect(isAlive(pid)).toBe(false);
    await stopRun(chat);
    await chat.ended;
  });

  test("of a subagent ends the processes that this subagent started, and no others", async () => {
    const helper = (title: string) =>
      toolCall("subagent", { role: "simple", title, task: `Be ${title}.` });
    upstream.script([helper("left"), helper("right")]);
    upstream.route(({ body }) => {
      const requestText = JSON.stringify(body);
      const title = ["left", "right"].find(
        (one) => requestText.includes(`Be ${one}.`) && !requestText.includes("Do it"),
      );
      if (title === undefined) return undefined;
      if (requestText.includes("is running")) return [hang];
      return [toolCall("bash", { command: `exec sleep 30${title.length}`, background: true })];
    });
    const chat = send();
    const running = () => (chat.session.processes ?? []).length === 2;
    await chat.until(running);
    const [one, other] = chat.session.processes!;
    await upstream.request(4);
    await rein.stop(chat.sessionId, { subagentId: one!.subagentId! });
    expect(isAlive(one!.pid)).toBe(false);
    expect(isAlive(other!.pid)).toBe(true);
    await stopRun(chat);
    expect(isAlive(other!.pid)).toBe(false);
    await chat.ended;
  });
});

describe("pinned processes end", () => {
  let chat: Chat;
  let pid: number;
  beforeEach(async () => {
    chat = await runsInBackground("exec sleep 300");
    ({ pid } = onlyProcess(chat));
    await ask(chat, "PATCH", "p1", { pinned: true });
  });

  test("on Stop everything", async () => {
    expect(await rein.json("/api/stop", { method: "POST" })).toMatchObject({ processes: 1 });
    expect(isAlive(pid)).toBe(false);
  });

  test("when their session is deleted, and its output and shell are removed", async () => {
    expect((await rein.fetch(`/api/sessions/${chat.sessionId}`, { method: "DELETE" })).status).toBe(
      200,
    );
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(join(rein.dataDir, "processes", chat.sessionId))).toBe(false);
    expect(readdirSync(join(rein.dataDir, "shells"))).toEqual([]);
  });

  test("when the server shuts down, and the next server lists them as stopped", async () => {
    rein.signal("SIGTERM");
    await rein.exited;
    expect(isAlive(pid)).toBe(false);
    await restart();
    expect(await processes(chat)).toMatchObject([{ state: "stopped", stop: { by: "shutdown" } }]);
  });

  test("when the server is killed, and the next server lists them as stopped and still has their output", async () => {
    const loud = await runsInBackground("echo words; exec sleep 300");
    await untilLogged(loud, "words\n");
    rein.signal("SIGKILL");
    await rein.exited;
    await restart();
    for (const one of [chat, loud]) {
      const live = rein.follow(one.sessionId);
      await live.until(() => onlyProcess(live)?.state === "stopped");
      expect(isAlive(onlyProcess(one).pid)).toBe(false);
      const end = { stop: { by: "crash" }, proof: expect.stringMatching(/^(proven|seen)$/) };
      expect(onlyProcess(live)).toMatchObject(end);
    }
    expect((await output(loud, "p1")).text).toBe("words\n");
  });
});

/** A server on a free port. It listens at once, because the call that starts it watches it for one second only. */
const server = String.raw`exec perl -e '
  $| = 1;
  socket my $server, 2, 1, 0;
  bind $server, pack "S n C4 x8", 2, 0, 127, 0, 0, 1;
  listen $server, 9;
  print "ready\n";
  while (accept my $client, $server) {
    sysread $client, my $request, 9999;
    syswrite $client, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nserved";
  }'`;

/** Runs a turn that starts this command in the background; resolves when the run is done. */
async function runsInBackground(command: string): Promise<Chat> {
  upstream.script([toolCall("bash", { command, background: true })], [text("It runs.")]);
  const chat = send();
  await chat.ended;
  return chat;
}

async function started(chat: Chat): Promise<BackgroundProcess> {
  await chat.until((event) => event.type === "process-start");
  return onlyProcess(chat);
}

function onlyProcess({ session }: Chat): BackgroundProcess {
  expect(session.processes).toHaveLength(1);
  return session.processes![0]!;
}

async function processes(chat: Chat): Promise<BackgroundProcess[]> {
  return (await rein.session(chat.sessionId)).processes ?? [];
}

function ask(chat: Chat, method: string, path: string, body: unknown): Promise<Response> {
  const init = method === "GET" ? { method } : { method, body: JSON.stringify(body) };
  return rein.fetch(`/api/sessions/${chat.sessionId}/processes/${path}`, init);
}

async function stopProcess(chat: Chat, id: string) {
  const answer = await ask(chat, "POST", `${id}/stop`, {});
  return (await answer.json()) as Pick<Receipt, "survivors"> & { ended: { pid: number }[] };
}

async function stopRun(chat: Chat): Promise<Receipt> {
  const answer = await rein.stop(chat.sessionId, { runId: chat.runId });
  if (!answer.stopped || answer.receipt === null) throw new Error("nothing was stopped");
  return answer.receipt;
}

async function looks(chat: Chat): Promise<ProcessLook[]> {
  const path = `/api/sessions/${chat.sessionId}/processes`;
  return (await rein.json<{ processes: ProcessLook[] }>(path)).processes;
}

async function portOf(chat: Chat): Promise<number> {
  return (await looks(chat))[0]!.ports[0]!;
}

function output(chat: Chat, id: string, after = 0): Promise<ProcessOutput> {
  return rein.json(`/api/sessions/${chat.sessionId}/processes/${id}/output?after=${after}`);
}

/** Resolves when the log file of the session's only process contains this text. */
async function untilLogged(chat: Chat, words: string): Promise<void> {
  const path = join(rein.dataDir, "processes", chat.sessionId, "p1.log");
  while (!existsSync(path) || readFileSync(path, "utf8") !== words) await output(chat, "p1");
}
