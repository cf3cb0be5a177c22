/** What must be true of the stops of real engines at the moments that are not measured; checks as in real-checks.ts. */
import { readdirSync } from "node:fs";
import { toolCallsOf } from "../../shared/message-parts";
import type { StopAnswer } from "../../shared/protocol";
import { commandOf, pidsWith } from "../machine-facts";
import type { Chat } from "../rein";
import { makeGate, reasoning, text } from "../upstream/upstream";
import { until, within } from "../within";
import { type EngineLab, EngineScene, historyOf, token } from "./engine-lab";
import type { EngineRow } from "./engine-rows";
import { beginTurn, lastError, stopByRein } from "./measured-stop";
import { type Check, expect } from "./real-checks";
import { makeCookie, stopKinds } from "./stop-kinds";

const textKind = stopKinds[0]!;
const doubleFork = stopKinds[2]!;

/** A person reads so long; what is opened again meanwhile has the time to do what it wants. */
const readsSeconds = 15;

export const stopChecks: Record<string, Check> = {
  async "a stop while it reasons"(scene) {
    const gate = makeGate();
    scene.script([reasoning("I think of ", gate, "never")]);
    const chat = scene.send("REASONING");
    await scene.begun(chat);
    await within("the reasoning", gate.reached);
    return stopAndGoOn(scene, chat, "REASONING");
  },

  async "a stop in the answer that follows what it has reasoned"(scene) {
    const gate = makeGate();
    scene.script([reasoning("I think ", "of it."), text("Half ", gate, "never")]);
    const chat = scene.send("REASONED");
    await scene.begun(chat);
    await within("the text", gate.reached);
    return stopAndGoOn(scene, chat, "REASONED");
  },

  async "a stop while a question is open"(scene) {
    const made = `made-${token()}`;
    scene.script([scene.row.shell(`echo one > ${made}`)]);
    const chat = scene.send("QUESTION", { permissions: "ask" });
    await scene.begun(chat);
    await chat.until(({ type }) => type === "approval-request");
    const remark = await stopAndGoOn(scene, chat, "QUESTION");
    expect(!readdirSync(scene.cwd).includes(made), "the command has run");
    return remark;
  },

  async "a stop while a subagent answers ends both"(scene) {
    const { row } = scene;
    if (row.subagent === undefined) return "– (its model has no tool for it)";
    const gate = makeGate();
    const mark = `mark-${token()}`;
    scene.lab.upstream.script(mark, [text("A part of ", gate, "never")]);
    scene.script([row.subagent(`${mark} Do a part.`)], [text("Never.")]);
    const chat = scene.send("SUBAGENT");
    await scene.begun(chat);
    await within("the subagent's answer", gate.reached);
    await until(() => chat.session.messages.flatMap(toolCallsOf).length > 0, "the subagent's call");
    const asked = scene.lab.upstream.asked(mark).at(-1)!;
    const remark = await stopAndGoOn(scene, chat, "SUBAGENT");
    scene.lab.upstream.forget(scene.mark);
    expect((await asked.ended) === "client", "the subagent's answer went to its end");
    return remark;
  },

  async "it asks nothing while the next process waits"(scene) {
    const { askedAfter, firstWordMs, faults } = await stopByRein(scene, textKind, readsSeconds);
    expect(faults.length === 0, faults.join("; "));
    return `${askedAfter} requests in ${readsSeconds} s; then the next message's first word after ${firstWordMs?.toFixed(0)} ms`;
  },
};

/** Stops the turn, and sends a message whose request has to name the stopped one. */
async function stopAndGoOn(scene: EngineScene, chat: Chat, word: string): Promise<string> {
  const began = performance.now();
  const answer = await scene.stop();
  const took = performance.now() - began;
  await chat.ended;
  expectProven(answer);
  // What was scripted for after the cut turn.
  scene.lab.upstream.forget(scene.mark);
  const next = await scene.turn("NEXT", [text("The next.")]);
  expect(next.session.runs.at(-1)?.outcome === "done", lastError(next.session));
  expect(historyOf(scene.asked().at(-1)!.body).includes(word), "its model has lost the message");
  return `proven after ${took.toFixed(0)} ms`;
}

/** One session with each engine at once, each in a command with a process that has left it: one stop for all of them. */
export async function checkStopAll(lab: EngineLab, rows: EngineRow[]): Promise<string> {
  const scenes = rows.map((row) => new EngineScene(lab, row));
  const cookies = scenes.map(() => makeCookie());
  await Promise.all(scenes.map((scene, index) => beginTurn(scene, doubleFork, cookies[index]!)));
  const asked = lab.upstream.server.requests.length;
  const began = performance.now();
  const { answers } = await lab.rein.json<{ answers: StopAnswer[] }>("/api/stop", {
    method: "POST",
    body: "{}",
  });
  const took = performance.now() - began;
  const left = cookies.flatMap((cookie) => pidsWith(cookie).map(commandOf));
  expect(left.length === 0, `survives: ${left.join("; ")}`);
  expect(answers.length === rows.length, `${answers.length} answers`);
  for (const answer of answers) expectProven(answer);
  expect(lab.upstream.server.requests.length === asked, "asked a model after the stop");
  const nexts = await Promise.all(scenes.map((scene) => scene.turn("NEXT", [text("The next.")])));
  for (const { session } of nexts)
    expect(session.runs.at(-1)?.outcome === "done", lastError(session));
  return `${rows.length} at once, all proven after ${took.toFixed(0)} ms; each went on`;
}

function expectProven(answer: StopAnswer): void {
  expect(answer.stopped && answer.receipt?.proof === "proven", JSON.stringify(answer));
}
