/** What holds at the end of a conversation that an engine drives: what lives, what the next message finds, and what the engine was told. */
import { readFileSync } from "node:fs";
import { textOf, toolCallsOf } from "../../shared/message-parts";
import type { Session } from "../../shared/protocol";
import { commandOf } from "../machine-facts";
import { within } from "./bounded-wait";
import { processesIn } from "./leak-detector";
import type { InjectionPoint } from "./scenario-runner";
import { firstWords } from "./first-words";
import { type EngineWay } from "./scenarios";
import { lastWords } from "./scripted-engine";
import type { ServerFixture } from "./server-fixture";

/** Processes in the directory, but for the engine's own, Rein's supervisor, and the git with which it looks for changes, in a sandbox or not. */
export function startedIn(directory: string): string[] {
  return processesIn(directory).flatMap((one) => {
    const command = commandOf(one.split(" ")[0]!);
    const isHelper =
      /^\S+\/supervisor\//.test(command) || environmentOf(one).includes("GIT_COMMON_DIR=");
    // Without a command line it has exited.
    return command === "" || isHelper || isEngine(one) ? [] : `${one}: ${command.slice(0, 200)}`;
  });
}

/** "" once it has exited. */
function environmentOf(named: string): string {
  try {
    return readFileSync(`/proc/${named.split(" ")[0]}/environ`, "utf8");
  } catch {
    return "";
  }
}

function isEngine(named: string): boolean {
  return /scripted-(acp-)?agent/.test(commandOf(named.split(" ")[0]!));
}

/** After the end of the last run. */
export function engineFaults({ server, cwd }: ServerFixture, session: Session): string[] {
  const engines = server.jobs.list({ sessionId: session.id }).filter((job) => job.isEngine);
  const receipts = session.runs.flatMap(({ id, outcome, stop, receipt }) =>
    receipt && outcome === "stopped" && stop?.by !== "crash"
      ? [{ ...receipt, hasBegun: hasBegun(session, id) }]
      : [],
  );
  return [
    ...(engines.length > 1 ? [`${engines.length} processes of one conversation`] : []),
    ...receipts.flatMap(({ proof, survivors, engine, hasBegun }) => [
      ...(proof === "proven" || (!hasBegun && proof === undefined)
        ? []
        : [`a stop was not proven: ${proof}`]),
      ...survivors.map(({ command }) => `it survived: ${command}`),
      ...(engine === undefined && hasBegun ? ["a receipt names no engine"] : []),
    ]),
    ...processesIn(cwd).filter(isEngine).flatMap(leakedKeys),
  ];
}

/** The engine has said something in this run. */
function hasBegun({ messages }: Session, run: string): boolean {
  const own = messages.filter(({ runId, role }) => runId === run && role === "assistant");
  return own.some(({ parts }) => parts.some(({ type }) => type !== "interruption"));
}

/** Rein's real key stands in no engine's environment. */
function leakedKeys(named: string): string[] {
  return environmentOf(named).includes("scripted-key") ? ["an engine has the real key"] : [];
}

/** The next message reaches the same conversation, and the engine has been told of each stop once. */
export async function engineFollowUp(
  fixture: ServerFixture,
  way: EngineWay,
  session: Session,
): Promise<string[]> {
  const request = { message: lastWords, sessionId: session.id, onDisconnect: "continue" as const };
  const next = fixture.chat(fixture.outside, request, new AbortController().signal);
  const ended = await within("the next run has settled", next.ended);
  if (typeof ended === "string") return [ended];
  const { session: after } = next;
  const { outcome, error } = after.runs.at(-1) ?? {};
  if (outcome !== "done") return [`the next run is ${outcome}: ${JSON.stringify(error)}`];
  const prompts = fixture.engine.prompts(way);
  const told = prompts.map(({ text }) => text).join("\n");
  const { queue, engine } = fixture.server.sessions.get(session.id)!.session;
  const recalled = textOf(
    after.messages.findLast(({ role }) => role === "assistant")!,
    "",
  );
  return [
    ...(Bun.deepEquals(queue, session.queue) ? [] : ["the queue went on by itself"]),
    ...(prompts.filter(({ text }) => text.endsWith(lastWords)).length === 1
      ? []
      : ["the next message was not sent exactly once"]),
    ...(prompts.at(-1)?.conversationId === engine?.conversationId
      ? []
      : ["the next message went to another conversation"]),
    ...(new Set(prompts.map((one) => one.conversationId)).size === 1
      ? []
      : ["one session had two conversations"]),
    ...(recalled === JSON.stringify(prompts.map(({ text }) => text))
      ? []
      : [`the engine no longer has what was said, but ${recalled}`]),
    ...session.runs.flatMap((run) => untold(session, run, told)),
    ...(told.includes(firstWords) ? [] : ["the engine never got the first message"]),
  ];
}

function untold({ messages }: Session, run: Session["runs"][number], told: string): string[] {
  const { id, outcome, stop, receipt } = run;
  if (outcome !== "stopped" || stop === undefined || receipt === undefined) return [];
  const mark = `at ${new Date(stop.askedAt).toISOString()}`;
  const times = told.split(mark).length - 1;
  const cut = messages.findLast(({ runId, role }) => runId === id && role === "assistant");
  const lost = receipt.engine?.waited === "idle" ? [] : textsAfterCalls(cut);
  return [
    ...(times === 1 ? [] : [`the engine was told ${times} times of a stop`]),
    ...lost
      .filter((text) => !told.includes(text.slice(-1_000).trim()))
      .map((text) => `the engine was not told what it lost: ${text.slice(0, 80)}`),
  ];
}

function textsAfterCalls(cut: Session["messages"][number] | undefined): string[] {
  if (cut?.outcome !== "stopped") return [];
  const started = toolCallsOf(cut).filter(({ startedAt }) => startedAt !== undefined);
  const at = cut.parts.findLastIndex(({ id }) => id === started.at(-1)?.id);
  const texts = cut.parts.slice(at + 1).flatMap((one) => (one.type === "text" ? one.text : []));
  return texts.map((text) => text.trim()).filter(Boolean);
}

/** Deletes the session: with it everything of its engine ends, and its token is worth nothing. */
export async function endEngine(fixture: ServerFixture, { id }: Session): Promise<string[]> {
  const [gate] = processesIn(fixture.cwd).filter(isEngine).flatMap(gateOf);
  const deleted = await within(
    "the session is deleted",
    fixture.call("wire", `/api/sessions/${id}`, { method: "DELETE" }),
  );
  if (typeof deleted === "string") return [deleted];
  if (gate === undefined) return [];
  const asked = await fetch(`${gate.url}/v1/models`, { headers: { "x-api-key": gate.token } });
  return asked.status === 404 ? [] : [`a dead token was answered with ${asked.status}`];
}

function gateOf(named: string): { url: string; token: string }[] {
  const environment = environmentOf(named);
  const url = /\0ANTHROPIC_BASE_URL=([^\0]*)/.exec(environment)?.[1];
  const token = /\0ANTHROPIC_API_KEY=([^\0]*)/.exec(environment)?.[1];
  return url && token ? [{ url, token }] : [];
}

export function engineWay({ scenario, wire }: InjectionPoint): EngineWay | undefined {
  return scenario.engine && (wire as EngineWay);
}
