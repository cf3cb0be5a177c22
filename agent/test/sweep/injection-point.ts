/** One moment of one conversation: something is done to it there, and everything is looked at afterwards. */
import { apply } from "../../shared/apply";
import { withoutAttempts } from "../../shared/attempts";
import { interruptionText } from "../../shared/protocol";
import type { Run, Session, SessionEvent } from "../../shared/protocol";
import { text, type WireName } from "../upstream/upstream";
import { missingIn } from "./missing-context";
import { processesIn } from "./leak-detector";
import { models, type Scenario } from "./scenarios";
import { type Moment, play, type Played } from "./scenario-runner";
import { stopByName } from "./stop-interventions";
import { faultsOf } from "./invariants";
import { until, within } from "./bounded-wait";
import type { World } from "./server-fixture";

export function nameOf({ scenario, wire, kind, at, transport }: Moment): string {
  return `${scenario.name}, ${wire}: ${kind.name} after event ${at}, ${transport}`;
}

/** What is wrong after this moment: nothing, when Rein keeps its word. "not reached" when the run was shorter. */
export async function tryMoment(world: World, moment: Moment): Promise<string[] | "not reached"> {
  world.leftovers.reset();
  const played = await within("everything has settled", play(world, moment));
  if (typeof played === "string") return [played];
  const { session, events, faults } = played;
  if (events.length <= moment.at) return "not reached";
  if (session !== undefined) {
    faults.push(...session.runs.flatMap((run) => checkRun(run, session, events)));
    faults.push(...checkFolds(played), ...faultsOf(session));
    faults.push(...(await checkSaved(world, session, events)));
  } else if (world.isOpen) faults.push("the message was not accepted");
  faults.push(...(await checkLeftovers(world, session)));
  if (!world.isOpen) await world.open();
  if (session !== undefined) faults.push(...(await followUp(world, moment, session)));
  return faults;
}

/** How many events the conversation has when nothing is done to it. */
export async function countEvents(
  world: World,
  scenario: Scenario,
  wire: WireName,
): Promise<number> {
  const moment: Moment = { scenario, wire, kind: stopByName, at: Infinity, transport: "wire" };
  const played = await within("the run has settled", play(world, moment));
  if (typeof played === "string") throw new Error(`${nameOf(moment)}: ${played}`);
  const { events } = played;
  const end = events.findLast(({ type }) => type === "run-end");
  if (end?.type !== "run-end" || end.outcome !== "done")
    throw new Error(`${nameOf(moment)} ends with ${JSON.stringify(end)}`);
  return events.length;
}

function checkRun(run: Run, { messages }: Session, events: SessionEvent[]): string[] {
  const { id, outcome, stop } = run;
  // Who ended it after a crash did so before anybody could listen.
  const isCut = stop?.by === "crash";
  const faults: string[] = [];
  const count = (type: "run-end" | "run-stopping") =>
    events.filter((event) => event.type === type && event.runId === id).length;
  if (count("run-end") !== (isCut ? 0 : 1)) faults.push(`${count("run-end")} run-ends`);
  if (count("run-stopping") > (isCut ? 0 : 1))
    faults.push(`${count("run-stopping")} times stopping`);
  if (outcome === "failed") faults.push(`failed: ${JSON.stringify(run.error)}`);
  const own = messages.filter(({ runId }) => runId === id);
  if (outcome === "stopped" && own.at(-1)!.outcome !== "stopped")
    faults.push("the run was stopped, its last message was not");
  return faults;
}

function checkFolds({ created, events, chat }: Played): string[] {
  const faults: string[] = [];
  const end = events.findIndex(({ type }) => type === "run-end");
  const next = events.findIndex(({ type }, index) => index > end && type === "run-start");
  for (const { type } of events.slice(end + 1, end === -1 || next === -1 ? undefined : next))
    if (end !== -1 && !/^(run-changes|queue-change|session-update)$/.test(type))
      faults.push(`${type} after the run-end`);
  if (chat === undefined) return faults;
  // A stream ends with its run.
  const fold = structuredClone(created!);
  for (const event of events.slice(0, end + 1)) apply(fold, structuredClone(event));
  if (!Bun.deepEquals(chat.session, fold))
    faults.push("a viewer that saw every event shows another session");
  return faults;
}

async function checkSaved(
  world: World,
  session: Session,
  events: SessionEvent[],
): Promise<string[]> {
  if (events.length === 0) return ["nothing happened in the session"];
  const isSaved = () =>
    Bun.deepEquals({ ...world.saved(session.id), seq: 0 }, { ...session, seq: 0 });
  // The end of a run is saved when it is told; what it has changed may be told, and saved, after it.
  const atOnce = events.at(-1)?.type === "run-end";
  const saved = atOnce ? isSaved() : await within("what is saved is the fold", until(isSaved));
  if (saved === false) return ["what is saved is not the fold"];
  return typeof saved === "string" ? [saved] : [];
}

async function checkLeftovers(world: World, session: Session | undefined): Promise<string[]> {
  const { leftovers } = world;
  const faults: string[] = [];
  const ended = world.upstream.requests.map((request) => request.ended);
  const sockets = await within("every upstream socket is closed", Promise.all(ended));
  if (typeof sockets === "string") faults.push(sockets);
  const { sessions, jobs } = world.server;
  const isIdle = () =>
    !world.isOpen || session === undefined || sessions.get(session.id)?.idle === true;
  // A connection that was hung up is noticed some moments later.
  const idle = await within("every viewer is let go", until(isIdle));
  if (typeof idle === "string") faults.push(idle);
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

/** The next message is accepted, shows the model what was kept, and completes; what was kept for a person is kept on. */
async function followUp(world: World, { wire }: Moment, session: Session): Promise<string[]> {
  world.upstream.requests.length = 0;
  world.upstream.route(() => [text("Back again.")]);
  const next = world.chat(
    "wire",
    {
      message: "Carry on, please",
      sessionId: session.id,
      provider: wire,
      model: models[wire],
      onDisconnect: "continue",
    },
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
  const { queue } = world.server.sessions.get(session.id)!.session;
  if (!Bun.deepEquals(queue, session.queue)) faults.push("the queue went on by itself");
  // What was tried again is told no more.
  const toldRuns = new Set(withoutAttempts(session.messages).map(({ runId }) => runId));
  const marks = session.runs.flatMap(({ id, outcome, stop }) =>
    outcome === "stopped" && stop && toldRuns.has(id) ? [interruptionText(stop.by)] : [],
  );
  return [...faults, ...missingIn(sent, session.messages, marks)];
}
