/** One moment of one conversation: it is stopped there, in one of four ways, and everything is looked at afterwards. */
import { apply } from "../../shared/apply";
import { interruptionText, isOutcome } from "../../shared/protocol";
import { toldMessages } from "../../shared/summary";
import type { Message, Session, SessionEvent, StopAnswer, StopBy } from "../../shared/protocol";
import type { ChatRequest } from "../../shared/requests";
import { Chat } from "../rein";
import { text, type UpstreamRequest, type WireName } from "../upstream/upstream";
import { type Leftovers, processesIn } from "./leftovers";
import type { Scenario } from "./scenarios";
import { faultsOf } from "./valid";
import { nextTurn, until, within } from "./within";
import type { Transport, World } from "./world";

/** By name; by hanging up; of one subagent or tool call alone; by the end of the server. */
export const ways = ["name", "hang-up", "part", "shutdown"] as const;
export type Way = (typeof ways)[number];

export interface Moment {
  scenario: Scenario;
  wire: WireName;
  way: Way;
  /** The index of the event after which the stop is sent; -1 is before the message is. */
  at: number;
  transport: Transport;
}

export const models: Record<WireName, string> = {
  anthropic: "claude-of-tomorrow",
  openai: "gpt-5.4",
  "openai-chat": "local-model",
  gemini: "gemini-3.1-pro",
};

export function nameOf({ scenario, wire, way, at, transport }: Moment): string {
  return `${scenario.name}, ${wire}: ${way} after event ${at}, ${transport}`;
}

/** What is wrong after this moment: nothing, when Rein keeps its word. "not reached" when the run was shorter. */
export async function tryMoment(
  world: World,
  moment: Moment,
  leftovers: Leftovers,
): Promise<string[] | "not reached"> {
  leftovers.reset();
  const faults: string[] = [];
  const run = await within("the run has settled", play(world, moment));
  if (typeof run === "string") return [run];
  if (run.events.length <= moment.at) return "not reached";
  if (run.session !== undefined) {
    faults.push(...checkEvents(run, moment));
    faults.push(...(await checkSaved(world, run, run.session)));
  } else if (moment.way !== "shutdown") faults.push("the message was not accepted");
  faults.push(...(await checkLeftovers(world, run, leftovers)));
  if (!world.isOpen) await world.open();
  if (run.session !== undefined) faults.push(...(await followUp(world, moment, run.session, run)));
  return faults;
}

/** How many events the conversation has when nobody stops it. */
export async function countEvents(
  world: World,
  scenario: Scenario,
  wire: WireName,
): Promise<number> {
  const moment: Moment = { scenario, wire, way: "name", at: Infinity, transport: "wire" };
  const run = await within("the run has settled", play(world, moment));
  if (typeof run === "string") throw new Error(`${nameOf(moment)}: ${run}`);
  const end = run.events.at(-1);
  if (end?.type !== "run-end" || end.outcome !== "done")
    throw new Error(`${nameOf(moment)} ends with ${JSON.stringify(end)}`);
  return run.events.length;
}

/** What was seen of a run. */
export interface Played {
  events: SessionEvent[];
  /** What happened meanwhile in sessions that had ended before. */
  strangers: string[];
  /** As it was before the first of them. */
  created: Session | undefined;
  /** The fold of the events; undefined when the message was never accepted. */
  session: Session | undefined;
  chat: Chat | undefined;
  /** What the stop was answered, where it was asked for by name. */
  answer: StopAnswer | undefined;
  /** Whether the run had ended when the stop was sent. */
  late: boolean;
}

/** Plays the conversation with its stop, to the end of its run. */
export async function play(world: World, moment: Moment): Promise<Played> {
  const { scenario, way, at, transport } = moment;
  answerWith(world, scenario);
  const runId = `run-${crypto.randomUUID()}`;
  const hangUp = new AbortController();
  const events: SessionEvent[] = [];
  const strangers: string[] = [];
  const ended = Promise.withResolvers<void>();
  let before: Session | undefined;
  let session: Session | undefined;
  let stopping: Promise<StopAnswer | undefined> | undefined;
  let late = false;

  const stop = () => {
    late = events.some((event) => event.type === "run-end");
    stopping ??= sendStop(world, moment, runId, session, hangUp);
  };
  world.tap.created = (created) => {
    before = structuredClone(created);
    session = structuredClone(created);
    if (at === -1 && way === "hang-up") stop();
  };
  world.tap.event = (event, { id }) => {
    if (session === undefined) return;
    if (id !== session.id) {
      if (event.type !== "run-changes") strangers.push(`${event.type} of another session`);
      return;
    }
    const index = events.push(structuredClone(event)) - 1;
    apply(session, structuredClone(event));
    // Between two events, as anything that comes from outside does.
    if (index === at) queueMicrotask(stop);
    if (event.type === "approval-request")
      queueMicrotask(() => void allow(world, event.approval.id));
    if (isLast(event)) ended.resolve();
  };

  if (at === -1 && way !== "hang-up") {
    stop();
    if (way === "name") await stopping;
  }
  const request = requestOf(moment, runId);
  const chat = world.chat(transport, request, hangUp.signal);
  const refused = chat.ended.then(
    () => undefined,
    () => undefined,
  );
  // A server that ends may refuse the message, and tells no more what a run has changed.
  await (way === "shutdown" ? Promise.race([refused, ended.promise]) : ended.promise);
  // A run that ended before the stop was sent is stopped too late; that must be harmless.
  await Promise.resolve();
  const answer = await stopping;
  if (!hangUp.signal.aborted) await refused;
  world.tap.event = () => {};
  world.tap.created = () => {};
  return {
    events,
    strangers,
    created: before,
    session,
    chat: hangUp.signal.aborted ? undefined : chat,
    answer,
    late,
  };
}

/** Up to the end of the run, with which its stream ends. */
function foldOf({ created, events }: Played): Session {
  const session = structuredClone(created!);
  const end = events.findIndex(({ type }) => type === "run-end");
  for (const event of events.slice(0, end + 1)) apply(session, structuredClone(event));
  return session;
}

/** What a run has changed may be told after its end. */
function isLast(event: SessionEvent): boolean {
  if (event.type !== "run-end" && event.type !== "run-changes") return false;
  return event.changes?.state !== "pending";
}

function answerWith(world: World, { answers, subagents = {} }: Scenario): void {
  const own = answers.slice();
  const theirs = Object.entries(subagents).map(([title, list]) => ({
    task: `Be ${title}.`,
    list: list.slice(),
  }));
  world.upstream.requests.length = 0;
  world.upstream.route(({ body }) => {
    const told = JSON.stringify(body);
    if (told.includes(message)) return own.shift() ?? [text("Enough.")];
    return theirs.find(({ task }) => told.includes(task))?.list.shift() ?? [text("Enough.")];
  });
}

const message = "Please do it";

function requestOf({ scenario, wire, way }: Moment, runId: string): ChatRequest {
  return {
    message,
    runId,
    provider: wire,
    model: models[wire],
    permissions: scenario.permissions,
    onDisconnect: way === "hang-up" ? "stop" : "continue",
  };
}

async function allow(world: World, approvalId: string): Promise<void> {
  await world.post("tick", `/api/approvals/${approvalId}`, { decision: "once" });
}

async function sendStop(
  world: World,
  { way, at, transport }: Moment,
  runId: string,
  session: Session | undefined,
  hangUp: AbortController,
): Promise<StopAnswer | undefined> {
  switch (way) {
    case "name":
      if (session === undefined || at === -1) {
        await world.post(transport, "/api/stop", { runId });
        return undefined;
      }
      return world.post(transport, `/api/sessions/${session.id}/stop`, { runId });
    case "hang-up":
      hangUp.abort();
      return undefined;
    case "part":
      if (session === undefined) return undefined;
      return world.post(transport, `/api/sessions/${session.id}/stop`, openPart(session));
    case "shutdown":
      if (transport === "wire") await nextTurn();
      await world.close();
      return undefined;
  }
}

/** The newest subagent or tool call that has not ended, or a name that nothing has. */
function openPart(session: Session): { subagentId?: string; toolCallId?: string } {
  const calls = session.messages.flatMap(({ parts }) =>
    parts.filter((part) => part.type === "tool-call"),
  );
  const open = calls.findLast((call) => !isOutcome(call.state));
  return open?.subagent ? { subagentId: open.id } : { toolCallId: open?.id ?? "none" };
}

function checkEvents(run: Played, moment: Moment): string[] {
  const { way } = moment;
  const { events, session, chat, answer, late } = run;
  const faults = run.strangers.slice();
  const ends = events.filter((event) => event.type === "run-end");
  if (ends.length !== 1) faults.push(`${ends.length} run-ends`);
  const after = events.slice(events.findIndex(({ type }) => type === "run-end") + 1);
  for (const { type } of after)
    if (type !== "run-changes") faults.push(`${type} after the run-end`);
  const stops = events.filter((event) => event.type === "run-stopping");
  if (stops.length > 1) faults.push(`${stops.length} times stopping`);
  const outcome = ends[0]?.outcome;
  if (outcome === "failed") faults.push(`failed: ${JSON.stringify(ends[0]?.error)}`);
  if (outcome === "stopped" && stops.length === 0) faults.push("stopped by nobody");
  if (outcome === "stopped" && way === "part") faults.push("the stop of a part stopped the run");
  if (late && (outcome !== "done" || stops.length > 0)) faults.push("a late stop was not harmless");
  if (late && answer?.stopped) faults.push("a late stop was answered as a stop");
  if (way === "name" && answer?.stopped && answer.outcome !== outcome)
    faults.push(`the stop was answered ${answer.outcome}, the run ended ${outcome}`);
  if (chat !== undefined && !Bun.deepEquals(chat.session, foldOf(run)))
    faults.push("a viewer that saw every event shows another session");
  const { at, transport } = moment;
  const lastWord = events.findLastIndex((event) => event.type === "message-end");
  // By name it passes the route first, which takes some moments more.
  if (transport === "tick" && (way === "hang-up" || way === "shutdown") && at < lastWord) {
    // The messages that open a run come in the tick of its acceptance.
    const next = events.slice(at + 1).find(({ type }) => !/^(run|message)-start$/.test(type));
    if (next?.type !== "run-stopping") faults.push(`the stop was followed by ${next?.type}`);
  }
  if (way === "name" && at === -1 && outcome !== "stopped")
    faults.push("a stop that came before its run did not win");
  if (outcome === "stopped" && session!.messages.at(-1)?.outcome !== "stopped")
    faults.push("the run was stopped, its last message was not");
  return [...faults, ...faultsOf(session!)];
}

async function checkSaved(world: World, { events }: Played, session: Session): Promise<string[]> {
  if (events.length === 0) return ["nothing happened in the session"];
  const isSaved = () =>
    Bun.deepEquals({ ...world.saved(session.id), seq: 0 }, { ...session, seq: 0 });
  // The end of a run is saved when it is told; what it has changed may be told, and saved, after it.
  const atOnce = events.at(-1)?.type === "run-end";
  const saved = atOnce ? isSaved() : await within("what is saved is the fold", until(isSaved));
  if (saved === false) return ["what is saved is not the fold"];
  return typeof saved === "string" ? [saved] : [];
}

async function checkLeftovers(
  world: World,
  { session }: Played,
  leftovers: Leftovers,
): Promise<string[]> {
  const faults: string[] = [];
  const ended = world.upstream.requests.map((request) => request.ended);
  const sockets = await within("every upstream socket is closed", Promise.all(ended));
  if (typeof sockets === "string") faults.push(sockets);
  const { sessions } = world.server;
  const isIdle = () =>
    !world.isOpen || session === undefined || sessions.get(session.id)?.idle === true;
  // A connection that was hung up is noticed some moments later.
  const idle = await within("every viewer is let go", until(isIdle));
  if (typeof idle === "string") faults.push(idle);
  const { jobs } = world.server;
  const own = session === undefined ? [] : jobs.list({ sessionId: session.id });
  if (own.length > 0) faults.push(`jobs are left: ${own.map(({ command }) => command).join(", ")}`);
  // The server's own look at what has changed is no part of the run, but it ends too.
  const isLeft = () =>
    !isQuiet(world) || leftovers.timers().length + leftovers.listeners().length > 0;
  const quiet = await within(
    "the server is quiet",
    until(() => !isLeft()),
  );
  if (typeof quiet !== "string") return faults;
  faults.push(quiet, ...processesIn(world.cwd).map((one) => `a process is left: ${one}`));
  faults.push(...leftovers.timers().map((where) => `a timer is left: ${where}`));
  faults.push(...leftovers.listeners().map((where) => `a listener is left: ${where}`));
  return faults;
}

export function isQuiet({ server, cwd }: World): boolean {
  return server.jobs.list().length === 0 && processesIn(cwd).length === 0;
}

/** The next message is accepted, shows the model what was kept, and completes. */
async function followUp(
  world: World,
  moment: Moment,
  session: Session,
  { events }: Played,
): Promise<string[]> {
  world.upstream.requests.length = 0;
  world.upstream.route(() => [text("Back again.")]);
  const { runId: _runId, ...request } = requestOf(moment, "");
  const next = world.chat(
    "wire",
    { ...request, sessionId: session.id, message: "Carry on, please" },
    new AbortController().signal,
  );
  const ended = await within("the next run has settled", next.ended);
  if (typeof ended === "string") return [ended];
  const faults: string[] = [];
  const { outcome, error } = next.session.runs.at(-1) ?? {};
  if (outcome !== "done") faults.push(`the next run is ${outcome}: ${JSON.stringify(error)}`);
  const [sent, ...more] = world.upstream.requests.filter(({ body }) =>
    JSON.stringify(body).includes("Carry on, please"),
  );
  if (sent === undefined || more.length > 0) return [...faults, "the next run asked not once"];
  if (sent.refusal) faults.push(`the next message is refused: ${sent.refusal}`);
  const end = events.find((event) => event.type === "run-end");
  const by = end?.outcome === "stopped" ? session.runs[0]?.stop?.by : undefined;
  return [...faults, ...checkKept(sent, session, by)];
}

/** All that had been written whole enough to be told is told, and so is the stop. */
function checkKept({ body }: UpstreamRequest, session: Session, by: StopBy | undefined): string[] {
  const told = JSON.stringify(body);
  const missing = (what: string) => !told.includes(JSON.stringify(what).slice(1, -1));
  const kept = toldMessages(session.messages).flatMap(textsOf);
  if (by !== undefined) kept.push(interruptionText(by));
  return kept.filter(missing).map((what) => `the model is not told: ${what}`);
}

/** What the model must hear of again. Of a subagent that ended well: its last words, which are the call's output. */
function textsOf({ parts }: Message): string[] {
  return parts.flatMap((part) => {
    if (part.type === "text") return [part.text.trim()];
    if (part.type !== "tool-call" || part.input === undefined) return [];
    if (part.state === "done") return [part.output.trim()];
    const inner = part.subagent?.messages.filter(({ role }) => role === "assistant") ?? [];
    const texts = inner.flatMap((one) => one.parts.filter(({ type }) => type === "text"));
    const stopped = part.stop ? [interruptionText(part.stop.by)] : [];
    return [
      part.output.trim(),
      ...texts.map((one) => (one.type === "text" ? one.text.trim() : "")),
      ...stopped,
    ];
  });
}
