/** One conversation on a stage: its message is sent, all that happens is heard, and in its moment something is done to it. */
import { apply } from "../../shared/apply";
import type { Session, SessionEvent } from "../../shared/protocol";
import type { ChatRequest } from "../../shared/requests";
import { Chat } from "../rein";
import type { WireName } from "../upstream/upstream";
import { answerWith } from "./scripted-answers";
import type { Kind, Verdict } from "./intervention";
import { firstWords, models, type Scenario } from "./scenarios";
import type { Transport, World } from "./server-fixture";

export interface Moment {
  scenario: Scenario;
  wire: WireName;
  kind: Kind;
  /** The index of the event after which it is done; -1 is before the message is sent. */
  at: number;
  transport: Transport;
}

/** What was seen of a conversation. */
export interface Played {
  events: SessionEvent[];
  /** As it was before the first of them. */
  created: Session | undefined;
  /** The fold of the events; undefined when the message was never accepted. */
  session: Session | undefined;
  /** The stream of the first run, unless it was hung up or cut. */
  chat: Chat | undefined;
  /** What is wrong already. */
  faults: string[];
}

/** Plays the conversation, with what is done to it, until nothing of it moves any more. */
export async function play(world: World, moment: Moment): Promise<Played> {
  const stage = new Stage(world, moment);
  answerWith(stage);
  if (moment.at === -1) stage.begin();
  else stage.send();
  await stage.settled();
  const verdict = await stage.verdict();
  await stage.settled();
  const played = await stage.leave();
  const { session, faults } = played;
  if (verdict !== undefined && session !== undefined)
    faults.push(...(await verdict({ ...played, session })));
  return played;
}

export class Stage {
  readonly world: World;
  readonly moment: Moment;
  readonly runId = `run-${crypto.randomUUID()}`;
  readonly events: SessionEvent[] = [];
  readonly faults: string[] = [];
  session: Session | undefined;
  #created: Session | undefined;
  #onCreated: (() => void) | undefined;
  #chat: Chat | undefined;
  #isRefused = false;
  #isCut = false;
  #acted: Promise<Verdict> | undefined;
  readonly #hangUp = new AbortController();
  readonly #waiting = new Set<() => void>();

  constructor(world: World, moment: Moment) {
    this.world = world;
    this.moment = moment;
    world.tap = {
      created: (session) => this.#create(session),
      event: (event, { id }) => this.#hear(event, id),
    };
  }

  /** The run of the first message, as it is now. */
  get run() {
    return this.session!.runs[0]!;
  }

  get hasEnded(): boolean {
    return this.events.some((event) => event.type === "run-end" && event.runId === this.runId);
  }

  /** Does what is done before the message is sent; sending it is a part of that. */
  begin(): void {
    this.#act(this.moment.kind.before!(this));
  }

  /** Sends the message. */
  send(): void {
    this.#chat = this.world.chat(this.moment.transport, this.request(), this.#hangUp.signal);
    const refused = () => {
      this.#isRefused = true;
      this.#look();
    };
    this.#chat.ended.then(refused, refused);
  }

  request(): ChatRequest {
    const { scenario, wire, kind } = this.moment;
    const { permissions } = scenario;
    const model = { provider: wire, model: models[wire] };
    const { onDisconnect = "continue" } = kind;
    return { message: firstWords, runId: this.runId, ...model, permissions, onDisconnect };
  }

  /** Another message in this session; resolves when its stream has ended. */
  async say(request: ChatRequest) {
    const sent = { sessionId: this.session!.id, onDisconnect: "continue" as const, ...request };
    const chat = this.world.chat(this.moment.transport, sent, new AbortController().signal);
    await chat.ended;
  }

  post<T>(what: string, body: object): Promise<T> {
    const path = `/api/sessions/${this.session!.id}/${what}`;
    return this.world.post<T>(this.moment.transport, path, body);
  }

  /** A second viewer. */
  follow(): Chat {
    const path = `/api/sessions/${this.session!.id}/events`;
    return new Chat((signal) => this.world.call("wire", path, { signal }));
  }

  hangUp(): void {
    this.#hangUp.abort();
  }

  /** In the tick in which the message has become a session. */
  onCreated(act: () => void): void {
    this.#onCreated = act;
  }

  /** Another server takes the session up, after an orderly end of this one or after none. */
  async restart(how: "close" | "crash"): Promise<void> {
    this.#isCut = true;
    if (how === "crash") await this.world.crash();
    else {
      await this.world.close();
      await this.world.open();
    }
    // What the old server was waiting for has gone with it.
    this.world.leftovers.reset();
    const found = this.world.server.sessions.get(this.session!.id)?.session;
    if (found === undefined) throw new Error("The session is lost.");
    this.session = structuredClone(found);
    for (const { parts } of found.messages)
      for (const part of parts)
        if (part.type === "tool-call" && part.state === "waiting")
          void this.#allow(part.approval!.id);
    this.#look();
  }

  /** Resolves when the session is as wanted, now or later. */
  until(holds: (session: Session) => boolean): Promise<void> {
    return this.#until(() => this.session !== undefined && holds(this.session));
  }

  /** Nothing moves, and nothing will by itself; or there is nobody to move it. */
  settled(): Promise<void> {
    return this.#until(() => {
      const { session, world } = this;
      if (this.#isRefused && (session === undefined || !world.isOpen)) return true;
      return session !== undefined && isOver(session);
    });
  }

  /** What is judged in the end, once everything has been done; undefined when the moment never came. */
  verdict(): Promise<Verdict> | undefined {
    return this.#acted;
  }

  async leave(): Promise<Played> {
    const { signal } = this.#hangUp;
    if (!signal.aborted) await this.#until(() => this.#isRefused);
    this.world.tap = { created: () => {}, event: () => {} };
    const { events, session, faults } = this;
    const chat = signal.aborted || this.#isCut ? undefined : this.#chat;
    return { events, created: this.#created, session, chat, faults };
  }

  #act(acted: Promise<Verdict>): void {
    this.#acted = acted.finally(() => this.#look());
  }

  #create(session: Session): void {
    this.#created = structuredClone(session);
    this.session = structuredClone(session);
    this.#onCreated?.();
  }

  #hear(event: SessionEvent, sessionId: string): void {
    const { session, moment } = this;
    if (session === undefined) return;
    if (sessionId !== session.id) {
      // What a run has changed may be told long after its end.
      if (event.type !== "run-changes") this.faults.push(`${event.type} of another session`);
      return;
    }
    const index = this.events.push(structuredClone(event)) - 1;
    apply(session, structuredClone(event));
    // Between two events, as anything that comes from outside does.
    if (index === moment.at) queueMicrotask(() => this.#act(moment.kind.act(this)));
    if (event.type === "approval-request")
      queueMicrotask(() => void this.#allow(event.approval.id));
    queueMicrotask(() => this.#look());
  }

  async #allow(approvalId: string): Promise<void> {
    await this.world.post("tick", `/api/approvals/${approvalId}`, { decision: "once" });
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

/** What a run has changed may be told after its end. */
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
