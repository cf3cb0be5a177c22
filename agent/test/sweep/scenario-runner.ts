/** The scenario runner: sends the message, records every event, and intervenes at the injection point. */
import { apply } from "../../shared/apply";
import type { Approval, Outcome, Session, SessionEvent, StopAnswer } from "../../shared/protocol";
import { branchOf } from "../../shared/branches";
import { findMessage, findRun } from "../../shared/session-lookup";
import type { ChatRequest } from "../../shared/requests";
import { allowing } from "../control-api";
import { Chat } from "../rein";
import { engineWay, startedIn } from "./engine-checks";
import { answerWith } from "./scripted-answers";
import type { Face } from "./faces";
import type { Intervention, FinalCheck } from "./intervention";
import { firstWords } from "./first-words";
import { choiceOf, type Scenario, type Way } from "./scenarios";
import { until, within } from "./bounded-wait";
import type { SandboxUse, ServerFixture, Transport } from "./server-fixture";

export interface InjectionPoint {
  scenario: Scenario;
  wire: Way;
  intervention: Intervention;
  /** The index of the event after which to intervene; -1 is before the message is sent. */
  at: number;
  transport: Transport;
  sandbox: SandboxUse;
}

/** What was observed of a conversation. */
export interface Observation {
  events: SessionEvent[];
  /** The session before the first event. */
  created: Session | undefined;
  /** The fold of the events; undefined when the message was never accepted. */
  session: Session | undefined;
  /** The stream of the first run, unless its connection was closed or cut. */
  chat: Chat | undefined;
  /** The faults so far. */
  faults: string[];
}

/** Runs the conversation with its intervention, and resolves when every run has settled. */
export async function runScenario(
  fixture: ServerFixture,
  point: InjectionPoint,
): Promise<Observation> {
  await fixture.useSandbox(point.sandbox);
  await fixture.useMcp(point.scenario.mcp);
  await fixture.useHooks(point.scenario.hooks ?? []);
  await fixture.useLanguageServer(point.scenario.languageServer ?? false);
  const way = engineWay(point);
  if (way) fixture.engine.play(way, point.scenario.engine!);
  const runner = new ScenarioRunner(fixture, point);
  answerWith(runner);
  if (point.at === -1) runner.begin();
  else runner.send();
  await runner.settled();
  const finalCheck = await runner.finalCheck();
  await runner.settled();
  const observed = await runner.leave();
  const { session, faults } = observed;
  if (finalCheck !== undefined && session !== undefined)
    faults.push(...(await finalCheck({ ...observed, session })));
  return observed;
}

export class ScenarioRunner {
  readonly fixture: ServerFixture;
  readonly point: InjectionPoint;
  readonly events: SessionEvent[] = [];
  readonly faults: string[] = [];
  session: Session | undefined;
  #created: Session | undefined;
  #onCreated: (() => void) | undefined;
  #chat: Chat | undefined;
  #face: Promise<Face> | undefined;
  readonly #sentId = `run-${crypto.randomUUID()}`;
  #isRefused = false;
  #isCut = false;
  #injected: Promise<FinalCheck> | undefined;
  readonly #hangUp = new AbortController();
  readonly #waiting = new Set<() => void>();
  /** Follows the session at another node from the point on. */
  #viewer: Chat | undefined;
  /** What runs that ended by themselves have left running. */
  readonly #left = new Set<string>();

  constructor(fixture: ServerFixture, point: InjectionPoint) {
    this.fixture = fixture;
    this.point = point;
    fixture.tap = {
      created: (session) => this.#create(session),
      event: (event, { id }) => this.#record(event, id),
    };
  }

  /** Of the first message: some faces name it themselves. */
  get runId(): string {
    return this.session?.runs[0]?.id ?? this.#sentId;
  }

  /** The current state of the first message's run. */
  get run() {
    return this.session!.runs[0]!;
  }

  get hasEnded(): boolean {
    return this.events.some((event) => event.type === "run-end" && event.runId === this.runId);
  }

  /** Starts an intervention that acts before the message and sends it itself. */
  begin(): void {
    this.#inject(this.point.intervention.injectBefore!(this));
  }

  /** Sends the message. */
  send(): void {
    const refused = () => {
      this.#isRefused = true;
      this.#look();
    };
    const { scenario, transport, intervention } = this.point;
    if (scenario.isScheduled) {
      const { message, provider, model, permissions } = this.request();
      this.fixture
        .fire(transport, { message: message!, provider, model, permissions })
        .then(() => this.settled())
        .then(refused, refused);
      return;
    }
    const { face } = intervention;
    if (face) {
      this.#face = Promise.resolve(face.open(this));
      this.#face.then(({ ended }) => ended).then(refused, refused);
      return;
    }
    const { command } = this.point.scenario;
    const request = this.request();
    const first = command ? { ...request, message: undefined, command } : request;
    this.#chat = this.fixture.chat(this.point.transport, first, this.#hangUp.signal);
    this.#chat.ended.then(refused, refused);
  }

  readonly request = (): ChatRequest => {
    const { scenario, wire, intervention } = this.point;
    const { permissions } = scenario;
    const { onDisconnect = "continue" } = intervention;
    const runId = this.#sentId;
    return { message: firstWords, runId, ...choiceOf(wire), permissions, onDisconnect };
  };

  /** Resolves with the outcome that the face tells. */
  async stopByFace(): Promise<Outcome | undefined> {
    return (await this.#face!).stop();
  }

  /** Another message in this session; resolves when its stream has ended. */
  async say(request: ChatRequest) {
    const sent = { sessionId: this.session!.id, onDisconnect: "continue" as const, ...request };
    const chat = this.fixture.chat(this.point.transport, sent, new AbortController().signal);
    await chat.ended;
  }

  async post<T>(what: string, body: object): Promise<T> {
    const path = `/api/sessions/${this.session!.id}/${what}`;
    const answer = await this.fixture.post<T>(this.point.transport, path, body);
    if (what === "stop") await this.#checkStopped(answer as StopAnswer);
    return answer;
  }

  /** A second viewer. */
  follow(): Chat {
    const path = `/api/sessions/${this.session!.id}/events`;
    return new Chat((signal) => this.fixture.call(this.fixture.outside, path, { signal }));
  }

  hangUp(): void {
    this.#hangUp.abort();
  }

  /** Called in the tick in which the session is created. */
  onCreated(call: () => void): void {
    this.#onCreated = call;
  }

  /** Starts a new server on the same data, after a shutdown or a crash of the old one. */
  async restart(how: "close" | "crash"): Promise<void> {
    this.#isCut = true;
    if (how === "crash") await this.fixture.crash();
    else {
      await this.fixture.close();
      await this.fixture.open();
    }
    // Timers of the old server do not count as leaks.
    this.fixture.leaks.reset();
    const found = this.fixture.server.sessions.get(this.session!.id)?.session;
    if (found === undefined) throw new Error("The session is lost.");
    this.session = structuredClone(found);
    for (const { parts } of found.messages)
      for (const part of parts)
        if (part.type === "tool-call" && part.state === "waiting") void this.#allow(part.approval!);
    this.#look();
  }

  /** Resolves when the condition holds, now or later. */
  until(holds: (session: Session) => boolean): Promise<void> {
    return this.#until(() => this.session !== undefined && holds(this.session));
  }

  /** Resolves when every run has settled and nothing starts by itself, or the message was refused. */
  settled(): Promise<void> {
    return this.#until(() => {
      const { session, fixture } = this;
      if (this.#isRefused && (session === undefined || !fixture.isOpen)) return true;
      return session !== undefined && isOver(session);
    });
  }

  /** The check for the end, once the intervention is complete; undefined when the point was not reached. */
  finalCheck(): Promise<FinalCheck> | undefined {
    return this.#injected;
  }

  async leave(): Promise<Observation> {
    const { signal } = this.#hangUp;
    if (!signal.aborted) await this.#until(() => this.#isRefused);
    await (await this.#face)?.close();
    await this.#checkViewer();
    this.fixture.tap = { created: () => {}, event: () => {} };
    const { events, session, faults } = this;
    const chat = signal.aborted || this.#isCut ? undefined : this.#chat;
    return { events, created: this.#created, session, chat, faults };
  }

  #inject(injected: Promise<FinalCheck>): void {
    const failed = (error: unknown) => () => [`the intervention failed: ${String(error)}`];
    this.#injected = injected.catch(failed).finally(() => this.#look());
  }

  #create(session: Session): void {
    this.#created = structuredClone(session);
    this.session = structuredClone(session);
    this.#onCreated?.();
  }

  #record(event: SessionEvent, sessionId: string): void {
    const { session, point } = this;
    if (session === undefined) return;
    if (sessionId !== session.id) {
      // The run-changes of an earlier session may come long after its end.
      if (event.type !== "run-changes") this.faults.push(`${event.type} of another session`);
      return;
    }
    const index = this.events.push(structuredClone(event)) - 1;
    apply(session, structuredClone(event));
    if (event.type === "run-end") this.#checkEnd(event.runId);
    if (event.type === "tool-end" && event.outcome === "done") this.#checkPlan(event);
    // In a microtask between two events, where a request from outside would arrive.
    if (index === point.at)
      queueMicrotask(() => {
        this.#meetAtOtherNode();
        this.#inject(point.intervention.inject(this));
      });
    if (event.type === "run-stopping") this.fixture.other?.release();
    if (event.type === "approval-request") queueMicrotask(() => void this.#allow(event.approval));
    queueMicrotask(() => this.#look());
  }

  /** What is asked there must not come too late. */
  #meetAtOtherNode(): void {
    const { other } = this.fixture;
    if (other === undefined) return;
    this.#viewer = this.follow();
    other.hold();
  }

  /** The end that a stop has acknowledged is in the database of all nodes, or it is said that it is not. */
  async #checkStopped(answer: StopAnswer): Promise<void> {
    const { other } = this.fixture;
    if (other === undefined || !answer.stopped || answer.unshared) return;
    // Where a call was skipped, without a receipt, the run goes on.
    if (answer.receipt !== null && answer.outcome === "stopped")
      this.faults.push(...(await other.endFaults(this.runId)));
  }

  /** A viewer at another node has seen each run end once, and shows what is there. */
  async #checkViewer(): Promise<void> {
    const viewer = this.#viewer;
    if (viewer === undefined) return;
    const session = this.session!;
    // What is deleted closes its streams.
    const shows = until(() => viewer.isOver || viewer.session.seq === session.seq);
    const shown = await within("the viewer at another node shows the end", shows);
    viewer.hangUp();
    if (typeof shown === "string") this.faults.push(shown);
    for (const { id } of session.runs) {
      const ends = viewer.events.filter((event) => event.type === "run-end" && event.runId === id);
      if (ends.length > 1) this.faults.push(`a viewer has seen a run end ${ends.length} times`);
    }
    if (!viewer.isOver && !isShown(session, viewer.session))
      this.faults.push("a viewer at another node shows another session");
  }

  /** At the end of a run for which a stop was asked nothing of it runs; of one that ended by itself its commands may. */
  #checkEnd(runId: string): void {
    if (this.point.scenario.engine === undefined) return;
    const run = findRun(this.session!, runId)!;
    const living = startedIn(this.fixture.cwd);
    if (run.stop === undefined) for (const one of living) this.#left.add(one);
    const found = run.stop === undefined ? [] : living.filter((one) => !this.#left.has(one));
    if (found.length > 0) this.faults.push(`it runs after its stop: ${found.join(", ")}`);
  }

  /** In plan mode no edit takes effect. */
  #checkPlan(at: Extract<SessionEvent, { type: "tool-end" }>): void {
    const call = findMessage(this.session!, at)?.parts.find(({ id }) => id === at.partId);
    const isEdit = call?.type === "tool-call" && ["write", "edit"].includes(call.name);
    if (isEdit && this.session!.permissions === "plan")
      this.faults.push("a file was edited in plan mode");
  }

  async #allow(approval: Approval): Promise<void> {
    const { digest, kind } = approval;
    const reply =
      kind === "plan"
        ? ({ decision: "plan", digest, permissions: "all" } as const)
        : allowing(approval, this.point.scenario.allow, approval.always.length - 1);
    await this.fixture.post("tick", `/api/approvals/${approval.id}`, reply);
  }

  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }
}

/** A snapshot has only the branch that is shown. */
function isShown(session: Session, by: Session): boolean {
  const { runs, queue } = by;
  return (
    Bun.deepEquals(branchOf(by), branchOf(session)) &&
    runs.every((run) => Bun.deepEquals(run, findRun(session, run.id))) &&
    Bun.deepEquals(queue, session.queue)
  );
}

/** Settled, with its changed files known: they may come after the run-end. */
function isOver({ runs, queue }: Session): boolean {
  return (
    runs.length > 0 &&
    runs.every(({ state, changes }) => state === "settled" && isKnown(changes)) &&
    queue.every(({ waitsFor }) => waitsFor === "person")
  );
}

function isKnown(changes: Session["runs"][number]["changes"]): boolean {
  return changes !== undefined && changes.state !== "pending";
}
