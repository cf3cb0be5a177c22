/** The server ends in the middle of an engine's turn: nothing of the engine lives, and the next message resumes its conversation. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toolCallsOf } from "../shared/message-parts";
import type { SessionEvent } from "../shared/protocol";
import { play, scriptedAgent } from "./agents/agent-script";
import { apiScene } from "./api-scene";
import { allowing, pause, resume } from "./control-api";
import { isRunning } from "./processes-bench";
import { lastingDirectory } from "./temporary-directory";
import { text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const { rein, upstream, start, send, follow, post } = apiScene({ shares: false });
const directory = lastingDirectory("rein-engine-recovery-");

const isOutput = (event: SessionEvent) => event.type === "part-delta" && event.field === "output";

test.each<[string, NodeJS.Signals]>([
  ["kill -9", "SIGKILL"],
  ["a shutdown", "SIGTERM"],
])(
  "%s in a paused run of an engine leaves nothing of it, and the next message resumes",
  async (name, signal) => {
    const pidFile = join(directory, `${signal}-pid`);
    const home = join(directory, "conversations");
    const own = { "own-scripted": scriptedAgent({ home }) };
    const body = JSON.stringify({ engines: { own } });
    await rein.json("/api/settings", { method: "PUT", body });
    const command = `setsid sh -c 'echo $$ > ${pidFile}; exec sleep 300' & echo begun; sleep 300`;
    const message = play({ tool: { id: "a", command, live: true } });
    const chat = rein.chat({ message, engine: "own-scripted", permissions: "all" });
    await chat.until(isOutput);
    await until(() => existsSync(pidFile) && readFileSync(pidFile, "utf8").endsWith("\n"));
    const pid = Number(readFileSync(pidFile, "utf8"));
    await pause(rein, chat.sessionId);
    // It is frozen where it has a cgroup.
    await pause(rein, chat.sessionId, { cut: true });
    rein.signal(signal);
    await rein.exited;
    await until(() => !isRunning(pid), `${name} ends the command`);

    await start();
    const { runs, engine } = await rein.session(chat.sessionId);
    expect(runs).toMatchObject([{ state: "settled", outcome: "stopped" }]);
    const next = rein.chat({ sessionId: chat.sessionId, message: play({ recall: true }) });
    await next.ended;
    const session = await rein.session(chat.sessionId);
    expect(session.engine!.conversationId).toBe(engine!.conversationId);
    const text = session.messages
      .at(-1)!
      .parts.map((part) => (part.type === "text" ? part.text : ""));
    expect(JSON.parse(text.join(""))).toHaveLength(2);
  },
);

test("a subagent with an engine that was paused when its server ended begins its task anew, and is told what it had done", async () => {
  const own = { "own-scripted": scriptedAgent() };
  const put = (body: object) =>
    rein.json("/api/settings", { method: "PUT", body: JSON.stringify(body) });
  await put({ engines: { own } });
  await put({ roles: { simple: { engine: "own-scripted" } } });
  const task = play({ text: "Looking" }, { tool: { id: "a", command: "echo", ask: true } });
  upstream.script([toolCall("subagent", { role: "simple", title: "Look", task })], [text("Done.")]);
  const chat = send({ permissions: "ask" });
  await chat.until(({ type }) => type === "approval-request");
  await pause(rein, chat.sessionId);
  rein.signal("SIGTERM");
  await rein.exited;

  await start();
  const viewer = await follow(chat);
  const asked = viewer.until(({ type }) => type === "approval-request");
  await resume(rein, chat.sessionId);
  const event = await asked;
  if (event.type !== "approval-request") throw new Error("unreachable");
  await post(`/api/approvals/${event.approval.id}`, allowing(event.approval));
  await viewer.until(({ type }) => type === "run-end");
  const [card] = viewer.session.messages.flatMap(toolCallsOf);
  expect(card).toMatchObject({
    state: "done",
    subagent: { messages: [{ role: "user" }, { outcome: "stopped" }, { outcome: "done" }] },
  });
  viewer.hangUp();
});
