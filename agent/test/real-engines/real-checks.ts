/** What must be true of each real engine besides its stops: a check resolves with a remark, and throws when it is not. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { textOf, toolCallsOf } from "../../shared/message-parts";
import type { Message, ReceiptSubagent, Session } from "../../shared/protocol";
import { queue } from "../control-api";
import { isAlive, pidsWith } from "../machine-facts";
import { makeGate, reasoning, text } from "../upstream/upstream";
import { until, within } from "../within";
import { EngineScene, historyOf, realKey, token, type EngineLab } from "./engine-lab";
import type { EngineRow } from "./engine-rows";
import { beginTurn, lastError } from "./measured-stop";
import { isRunning, makeCookie, stopKinds } from "./stop-kinds";

export type Check = (scene: EngineScene) => Promise<string | void>;

const command = stopKinds[1]!;
const doubleFork = stopKinds[2]!;

export const checks: Record<string, Check> = {
  async "text, and reasoning where it has it"(scene) {
    const chat = await scene.turn("FIRST", [
      reasoning("Let me ", "think."),
      text("Hello ", "there."),
    ]);
    const answer = lastAnswer(chat.session);
    expect(textOf(answer, "") === "Hello there.", lastError(chat.session));
    const thinks = answer.parts.some((part) => part.type === "reasoning" && part.text !== "");
    return thinks ? "with reasoning" : "shows no reasoning";
  },

  async "a command that a person allows"(scene) {
    const made = `made-${token()}`;
    scene.script([scene.row.shell(`echo one > ${made}; cat ${made}`)], [text("It ran.")]);
    const chat = scene.send("TOOL", { permissions: "ask" });
    await scene.begun(chat);
    await within("a question", scene.reply(chat, { decision: "once" }));
    await chat.ended;
    const file = readFileSync(join(scene.cwd, made), "utf8");
    expect(file === "one\n", "the command has not run");
    const call = toolCallsOf(lastAnswer(chat.session))[0];
    expect(call?.state === "done", `the call is ${call?.state}`);
    const { toolOutput } = scene.lab.info(scene.row).gives;
    if (toolOutput !== "none") expect(call.output.includes("one"), "its output is not shown");
    return `output: ${toolOutput}`;
  },

  async "a command that a person denies, with a word"(scene) {
    const made = `made-${token()}`;
    // Where the protocol has no place for words they are a prompt of their own.
    scene.script([scene.row.shell(`echo one > ${made}`)], [text("Then not.")], [text("I see.")]);
    const chat = scene.send("TOOL", { permissions: "ask" });
    await scene.begun(chat);
    await within("a question", scene.reply(chat, { decision: "deny", message: "Not-today" }));
    await chat.ended;
    scene.lab.upstream.forget(scene.mark);
    expect(chat.session.runs.at(-1)?.outcome === "done", lastError(chat.session));
    expect(!readdirSync(scene.cwd).includes(made), "the command has run");
    const call = chat.session.messages.flatMap(toolCallsOf).at(-1);
    expect(call?.state === "failed", `the call is ${call?.state}`);
    const told = historyOf(scene.asked().at(-1)!.body).includes("Not-today");
    expect(told, "its model has not read the word");
    return "its model reads it in the same turn";
  },

  async "the stop of one subagent leaves the turn"(scene) {
    const { row } = scene;
    if (row.subagent === undefined) {
      const offered = toolNames(scene.asked().at(-1)!.body).filter((name) => /agent/.test(name));
      expect(offered.length === 0, `its model has ${offered.join()}`);
      return "– (its model has no tool for it)";
    }
    const mark = `mark-${token()}`;
    const gate = makeGate();
    scene.lab.upstream.script(mark, [text("A part of ", "it. ", gate, "never")]);
    scene.script([row.subagent(`${mark} Do a part.`)], [text("I go on.")]);
    const chat = scene.send("SUBAGENT");
    await scene.begun(chat);
    await within("the subagent's answer", gate.reached);
    const call = () => chat.session.messages.flatMap(toolCallsOf).at(-1);
    await until(() => call() !== undefined, "the call that sends it out");
    const { stopsSubagents } = scene.lab.info(scene.row).gives;
    if (stopsSubagents) await until(() => call()!.subagent !== undefined, "the subagent's card");
    const { id, subagent: card } = call()!;
    if (!stopsSubagents) {
      const stopped = await scene.stop();
      await chat.ended;
      scene.lab.upstream.forget(scene.mark);
      expect(stopped.stopped && stopped.receipt?.proof === "proven", JSON.stringify(stopped));
      expect(!card || card.notStoppable, "its card offers a stop");
      return `cannot be stopped alone (${card ? "its card says so" : "shown as a plain call"}); ended with the turn`;
    }
    await scene.stop({ subagentId: id });
    await chat.ended;
    const { outcome, receipt } = chat.session.runs.at(-1)!;
    expect(outcome === "done", lastError(chat.session));
    const [stopped] = receipt!.subagents as [ReceiptSubagent?];
    expect(stopped?.outcome === "stopped", `the subagent is ${stopped?.outcome}`);
    return "stopped alone";
  },

  async "a message reaches the turn under way"(scene) {
    if (!scene.lab.info(scene.row).gives.steers) return "– (it takes none)";
    const go = `go-${token()}`;
    const wait = `for i in $(seq 300); do [ -e ${go} ] && break; sleep 0.1; done`;
    scene.script([scene.row.shell(wait)], [text("I have read it.")], [text("More.")]);
    const chat = scene.send("STEER");
    await scene.begun(chat);
    await until(() => chat.events.some(({ type }) => type === "tool-start"), "the command");
    await queue(scene.lab.rein, scene.id!, { message: "STEERED-WORD", waitsFor: "turn" });
    await Bun.write(join(scene.cwd, go), "");
    await chat.ended;
    scene.lab.upstream.forget(scene.mark);
    expect(chat.session.runs.at(-1)?.outcome === "done", lastError(chat.session));
    const told = historyOf(scene.asked().at(-1)!.body).includes("STEERED-WORD");
    expect(told, "its model has not read it");
    return "read in the same turn";
  },

  async "a second press does not wait for the engine"(scene) {
    const cookie = makeCookie();
    await beginTurn(scene, doubleFork, cookie);
    const began = performance.now();
    const [first] = await Promise.all([scene.stop(), scene.stop({ hard: true })]);
    const took = performance.now() - began;
    expect(first.stopped && first.receipt?.proof === "proven", JSON.stringify(first));
    expect(pidsWith(cookie).length === 0, "processes survive");
    const next = await scene.turn("NEXT", [text("The next.")]);
    expect(next.session.runs.at(-1)?.outcome === "done", lastError(next.session));
    return `ended after ${took.toFixed(0)} ms; waited for: ${first.stopped && first.receipt?.engine?.waited}`;
  },

  async "kill -9 of the server in a command: nothing lives, and the next message resumes"(scene) {
    const cookie = makeCookie();
    await beginTurn(scene, doubleFork, cookie);
    const { processes } = await scene.lab.rein.json<{ processes: { pid: number }[] }>(
      `/api/sessions/${scene.id}/processes`,
    );
    await scene.lab.crash();
    const isDead = () =>
      pidsWith(cookie).length === 0 && !processes.some(({ pid }) => isAlive(pid));
    await until(isDead, "the death of everything");
    const before = (await scene.session()).engine?.conversationId;
    const next = await scene.turn("NEXT", [text("The next.")]);
    expect(next.session.runs.at(-1)?.outcome === "done", lastError(next.session));
    const after = (await scene.session()).engine?.conversationId;
    const history = historyOf(scene.asked().at(-1)!.body);
    expect(history.includes("FIRST"), "its model has lost the conversation");
    return before === after ? "the same conversation" : "a new conversation, told what was said";
  },

  async "the real key is in no process of the engine"(scene) {
    const before = scene.lab.upstream.server.requests.length;
    const cookie = makeCookie();
    await beginTurn(scene, command, cookie);
    expect(isRunning(command, cookie), "the command does not run");
    const leaks = processesWith(realKey).filter((pid) => pid !== scene.lab.rein.pid);
    await scene.stop();
    await scene.turn("NEXT", [text("The next.")]);
    expect(leaks.length === 0, `the key is in the environment or arguments of ${leaks.join()}`);
    const keys = new Set(scene.lab.upstream.server.requests.slice(before).map(({ key }) => key));
    expect(
      keys.size === 1 && keys.has(realKey),
      `the upstream was asked with: ${[...keys].join()}`,
    );
    return "in none; the upstream gets it from Rein alone";
  },
};

/** One session with each engine at once: the stop of one leaves the others. Resolves with a remark. */
export async function checkTogether(lab: EngineLab, rows: EngineRow[]): Promise<string> {
  const scenes = rows.map((row) => new EngineScene(lab, row));
  const cut = makeCookie();
  const others = scenes.slice(1).map((scene) => {
    const gate = makeGate();
    scene.script([text("I go ", gate, "on.")]);
    return { chat: scene.send("TOGETHER"), gate };
  });
  const opened = others.map(({ gate }) => within("an answer", gate.reached));
  await Promise.all([beginTurn(scenes[0]!, doubleFork, cut), ...opened]);
  const answer = await scenes[0]!.stop();
  expect(answer.stopped && answer.receipt?.proof === "proven", JSON.stringify(answer));
  expect(pidsWith(cut).length === 0, "processes survive");
  for (const { gate } of others) gate.open();
  await Promise.all(others.map(({ chat }) => chat.ended));
  for (const { chat } of others)
    expect(textOf(lastAnswer(chat.session), "") === "I go on.", lastError(chat.session));
  return `${rows.length} at once, one stopped, ${others.length} went on`;
}

/** Of Gemini’s wire they stand in a list of their own. */
function toolNames({ tools }: Record<string, unknown>): string[] {
  const given = (tools ?? []) as { name?: string; functionDeclarations?: { name: string }[] }[];
  return given.flatMap(({ name = "", functionDeclarations }) => [
    name,
    ...(functionDeclarations ?? []).map((one) => one.name),
  ]);
}

function lastAnswer({ messages }: Pick<Session, "messages">): Message {
  return messages.findLast(({ role }) => role === "assistant")!;
}

function processesWith(secret: string): number[] {
  const pids = readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  );
  return pids.map(Number).filter((pid) => {
    try {
      const shown = ["environ", "cmdline"].map((file) =>
        readFileSync(`/proc/${pid}/${file}`, "latin1"),
      );
      return shown.some((one) => one.includes(secret));
    } catch {
      return false; // it has exited, or is another user's
    }
  });
}

export function expect(holds: unknown, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}
