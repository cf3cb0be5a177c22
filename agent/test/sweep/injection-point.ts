/** Tries one injection point: intervenes there in a scripted conversation, and checks every invariant afterwards. */
import { apply } from "../../shared/apply";
import { branchOf } from "../../shared/branches";
import { interruptionText } from "../../shared/protocol";
import type { Run, Session, SessionEvent } from "../../shared/protocol";
import { toolCallsOf } from "../../shared/message-parts";
import { type Step, text, toolCall } from "../upstream/upstream";
import { endEngine, engineFaults, engineFollowUp, engineWay } from "./engine-checks";
import { mcpFaults } from "./scripted-mcp-checks";
import { type McpTransport, slowTool } from "./scripted-mcp";
import { missingIn } from "./missing-context";
import { processesIn } from "./leak-detector";
import { choiceOf, type EngineWay, type Scenario, type Way } from "./scenarios";
import { type InjectionPoint, runScenario, type Observation } from "./scenario-runner";
import { stopByName } from "./stop-interventions";
import { violationsOf } from "./invariants";
import { until, within } from "./bounded-wait";
import type { ServerFixture } from "./server-fixture";

export function nameOf(point: InjectionPoint): string {
  const { scenario, wire, intervention, at, transport, sandbox } = point;
  const place = `${scenario.name}, ${wire}: ${intervention.name} after event ${at}, ${transport}`;
  return sandbox === "on" ? `${place}, sandboxed` : place;
}

/** The violated invariants, as sentences. "not reached" when the conversation ended before the point. */
export async function tryPoint(
  fixture: ServerFixture,
  point: InjectionPoint,
): Promise<string[] | "not reached"> {
  fixture.leaks.reset();
  const observed = await within("everything has settled", runScenario(fixture, point));
  if (typeof observed === "string") return [observed];
  const { session, events, faults } = observed;
  const way = engineWay(point);
  if (events.length <= point.at) {
    // Its engine or its MCP server would be taken for a leak of the next point.
    const { mcp, languageServer } = point.scenario;
    if ((way || mcp || languageServer) && session !== undefined) await endEngine(fixture, session);
    return "not reached";
  }
  if (session !== undefined) {
    const canFail = point.scenario.engine?.fails === true;
    faults.push(...session.runs.flatMap((run) => checkRun(run, session, events, canFail)));
    faults.push(...checkFolds(observed), ...violationsOf(session));
    faults.push(...(await checkSaved(fixture, session, events)));
    faults.push(...((await fixture.other?.sharedFaults(session)) ?? []));
  } else if (fixture.isOpen) faults.push("the message was not accepted");
  if (way && session !== undefined) return [...faults, ...(await tryEngine(fixture, way, session))];
  if (point.scenario.mcp && session !== undefined)
    return [...faults, ...(await tryMcp(fixture, point, point.scenario.mcp, session))];
  if (point.scenario.languageServer && session !== undefined)
    return [...faults, ...(await tryLanguageServer(fixture, point, session))];
  faults.push(...(await checkLeaks(fixture, session)));
  if (!fixture.isOpen) await fixture.open();
  if (session !== undefined) faults.push(...(await followUp(fixture, point, session)));
  return faults;
}

/** How many events the conversation has without an intervention. */
export async function countEvents(
  fixture: ServerFixture,
  scenario: Scenario,
  wire: Way,
): Promise<number> {
  const point: InjectionPoint = {
    scenario,
    wire,
    intervention: stopByName,
    at: Infinity,
    transport: fixture.outside,
    sandbox: "off",
  };
  const observed = await within("the run has settled", runScenario(fixture, point));
  if (typeof observed === "string") throw new Error(`${nameOf(point)}: ${observed}`);
  const { events, session } = observed;
  if (scenario.engine ?? scenario.mcp ?? scenario.languageServer)
    await endEngine(fixture, session!);
  const end = events.findLast(({ type }) => type === "run-end");
  const expected = scenario.engine?.fails ? "failed" : "done";
  if (end?.type !== "run-end" || end.outcome !== expected)
    throw new Error(`${nameOf(point)} ends with ${JSON.stringify(end)}`);
  return events.length;
}

function checkRun(
  run: Run,
  { messages }: Session,
  events: SessionEvent[],
  canFail: boolean,
): string[] {
  const { id, outcome, stop } = run;
  // The next server settled it while it started, before anything listened.
  const isCut = stop?.by === "crash";
  const faults: string[] = [];
  const count = (type: "run-end" | "run-stopping") =>
    events.filter((event) => event.type === type && event.runId === id).length;
  if (count("run-end") !== (isCut ? 0 : 1)) faults.push(`${count("run-end")} run-ends`);
  if (count("run-stopping") > (isCut ? 0 : 1))
    faults.push(`${count("run-stopping")} times stopping`);
  if (outcome === "failed" && !canFail) faults.push(`failed: ${JSON.stringify(run.error)}`);
  const own = messages.filter(({ runId }) => runId === id);
  if (outcome === "stopped" && own.at(-1)!.outcome !== "stopped")
    faults.push("the run was stopped, its last message was not");
  return faults;
}

/** An engine stays open for the next message, and ends with its session: then nothing is left. */
async function tryEngine(
  fixture: ServerFixture,
  way: EngineWay,
  session: Session,
): Promise<string[]> {
  const faults = fixture.isOpen
    ? [...(await checkReleased(fixture, session)), ...engineFaults(fixture, session)]
    : await checkLeaks(fixture, session);
  if (!fixture.isOpen) {
    await fixture.open();
    fixture.leaks.reset();
  }
  faults.push(...(await engineFollowUp(fixture, way, session)));
  faults.push(...(await endEngine(fixture, session)));
  return [...faults, ...(await checkLeaks(fixture, undefined))];
}

/** An MCP server stays for the next message, which calls it, and ends with its session: then nothing is left. */
async function tryMcp(
  fixture: ServerFixture,
  point: InjectionPoint,
  transport: McpTransport,
  session: Session,
): Promise<string[]> {
  const faults = fixture.isOpen
    ? await checkReleased(fixture, session)
    : await checkLeaks(fixture, session);
  faults.push(...(await mcpFaults(fixture, transport, session)));
  if (!fixture.isOpen) {
    await fixture.open();
    fixture.leaks.reset();
  }
  const call = [toolCall(slowTool, {})];
  faults.push(...(await followUp(fixture, point, session, [call, [text("Back again.")]])));
  faults.push(...(await endEngine(fixture, session)));
  return [...faults, ...(await checkLeaks(fixture, undefined))];
}

function checkFolds({ created, events, chat }: Observation): string[] {
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
  fixture: ServerFixture,
  session: Session,
  events: SessionEvent[],
): Promise<string[]> {
  if (events.length === 0) return ["nothing happened in the session"];
  const isSaved = () =>
    Bun.deepEquals({ ...fixture.saved(session.id), seq: 0 }, { ...session, seq: 0 });
  // A run-end is on disk before it is sent; a run-changes after it is sent first and saved within a moment.
  const atOnce = events.at(-1)?.type === "run-end";
  const saved = atOnce ? isSaved() : await within("what is saved is the fold", until(isSaved));
  if (saved === false) return ["what is saved is not the fold"];
  return typeof saved === "string" ? [saved] : [];
}

/** It outlives runs, and ends with its session. */
async function tryLanguageServer(
  fixture: ServerFixture,
  point: InjectionPoint,
  session: Session,
): Promise<string[]> {
  if (!fixture.isOpen) await fixture.open();
  const faults = await followUp(fixture, point, session);
  faults.push(...(await endEngine(fixture, session)));
  return [...faults, ...(await checkLeaks(fixture, undefined))];
}

/** Every socket and viewer. */
async function checkReleased(
  fixture: ServerFixture,
  session: Session | undefined,
): Promise<string[]> {
  const faults: string[] = [];
  const ended = fixture.upstream.requests.map((request) => request.ended);
  const sockets = await within("every upstream socket is closed", Promise.all(ended));
  if (typeof sockets === "string") faults.push(sockets);
  const { sessions } = fixture.server;
  const isIdle = () =>
    !fixture.isOpen || session === undefined || sessions.get(session.id)?.idle === true;
  // For a while the other node still follows what nobody looks at any more.
  if (fixture.other) return faults;
  // The server notices a closed connection a little later.
  const idle = await within("every viewer is released", until(isIdle));
  return typeof idle === "string" ? [...faults, idle] : faults;
}

async function checkLeaks(fixture: ServerFixture, session: Session | undefined): Promise<string[]> {
  const { leaks } = fixture;
  const { jobs } = fixture.server;
  const faults = await checkReleased(fixture, session);
  const own = session === undefined ? [] : jobs.list({ sessionId: session.id });
  if (own.length > 0) faults.push(`jobs are left: ${own.map(({ command }) => command).join(", ")}`);
  // Looking for changed files is not a part of the run, but it ends too.
  const isClean = () => leaks.found().length === 0 && isQuiet(fixture);
  const quiet = await within("the server is quiet", until(isClean));
  if (typeof quiet !== "string") return faults;
  faults.push(quiet, ...processesIn(fixture.cwd).map((one) => `a process is left: ${one}`));
  return [...faults, ...leaks.found()];
}

export function isQuiet({ server, cwd }: ServerFixture): boolean {
  return server.jobs.list().length === 0 && processesIn(cwd).length === 0;
}

/** The next message is accepted, tells the model what was kept, and its run is done, as are its calls; the kept queue stays. */
async function followUp(
  fixture: ServerFixture,
  { wire }: InjectionPoint,
  session: Session,
  answers: Step[][] = [[text("Back again.")]],
): Promise<string[]> {
  fixture.upstream.requests.length = 0;
  const rest = answers.slice();
  fixture.upstream.route(() => rest.shift() ?? []);
  const next = fixture.chat(
    fixture.outside,
    {
      message: "Carry on, please",
      sessionId: session.id,
      ...choiceOf(wire),
      onDisconnect: "continue",
    },
    new AbortController().signal,
  );
  const ended = await within("the next run has settled", next.ended);
  if (typeof ended === "string") return [ended];
  const faults: string[] = [];
  const { outcome, error } = next.session.runs.at(-1) ?? {};
  if (outcome !== "done") faults.push(`the next run is ${outcome}: ${JSON.stringify(error)}`);
  const own = next.session.messages.filter(({ runId }) => runId === next.runId);
  const calls = own.flatMap(toolCallsOf);
  for (const { name, state, error: why } of calls)
    if (state !== "done") faults.push(`the next call of ${name} is ${state}: ${why}`);
  const [sent, ...more] = fixture.upstream.requests.filter(({ body }) =>
    JSON.stringify(body).includes("Carry on, please"),
  );
  if (sent === undefined || more.length !== answers.length - 1)
    return [...faults, `the next run asked ${more.length + (sent ? 1 : 0)} times`];
  if (sent.refusal) faults.push(`the next message is refused: ${sent.refusal}`);
  const { queue } = fixture.server.sessions.get(session.id)!.session;
  if (!Bun.deepEquals(queue, session.queue)) faults.push("the queue went on by itself");
  // An attempt that was retried is no longer sent to the model.
  const toldRuns = new Set(branchOf(session).map(({ runId }) => runId));
  const marks = session.runs.flatMap(({ id, outcome, stop }) =>
    outcome === "stopped" && stop && toldRuns.has(id) ? [interruptionText(stop.by)] : [],
  );
  return [...faults, ...missingIn(sent, branchOf(session), marks)];
}
