/** Two sessions and everybody who may meddle with them: people who send, stop and approve, pages that come and go, crashes. */
import { apply } from "../../shared/apply";
import { lastAttempt } from "../../shared/attempts";
import { isOutcome } from "../../shared/protocol";
import type { Session, SessionEvent } from "../../shared/protocol";
import { Chat } from "../rein";
import { text, type Step } from "../upstream/upstream";
import type { Act } from "./harness-commands";
import { processesIn } from "./leak-detector";
import { isQuiet } from "./injection-point";
import { models, scenarios } from "./scenarios";
import { violationsOf } from "./invariants";
import { nextTurn, until, within } from "./bounded-wait";
import type { ServerFixture } from "./server-fixture";

interface Room {
  /** The fold of every event since its server started. */
  session?: Session;
  chat?: Chat;
  viewer?: Chat;
  /** The last id that its viewer had seen when it came. */
  after?: number | undefined;
  /** Its viewer is there no more: it can only be resumed. */
  cut?: boolean;
  /** How often each run was said to be stopping, and to have ended. */
  stops: Map<string, number>;
  ends: Map<string, number>;
}

function newRoom(): Room {
  return { stops: new Map(), ends: new Map() };
}

function count(counts: Map<string, number>, id: string): void {
  counts.set(id, (counts.get(id) ?? 0) + 1);
}

export class ModelHarness {
  readonly #fixture: ServerFixture;
  readonly #rooms: [Room, Room] = [newRoom(), newRoom()];
  readonly #asked = new Set<string>();
  readonly #scripts = new Map<string, Step[][]>();
  readonly #faults: string[] = [];
  readonly #pending: Promise<unknown>[] = [];
  #creating: Room | undefined;
  #sent = 0;

  /** Its sessions are its own; the server is not. */
  constructor(fixture: ServerFixture) {
    this.#fixture = fixture;
    fixture.tap = {
      created: (session) => this.#created(session),
      event: (e, s) => this.#heard(e, s),
    };
    fixture.upstream.requests.length = 0;
    fixture.upstream.route(({ body }) => this.#answer(JSON.stringify(body)));
  }

  async do(act: Act): Promise<void> {
    switch (act.act) {
      case "send":
        return this.#send(this.#rooms[act.room]!, act);
      case "queue":
        return this.#queue(this.#rooms[act.room]!, act.waitsFor);
      case "chip":
        return this.#change(this.#rooms[act.room]!, act);
      case "pause":
        return this.#post(this.#rooms[act.room]!, "pause", { cut: act.cut });
      case "resume":
      case "compact":
      case "stop":
        return this.#post(this.#rooms[act.room]!, act.act, {});
      case "take-back":
        return this.#takeBack(this.#rooms[act.room]!);
      case "stop-part":
        return this.#post(this.#rooms[act.room]!, "stop", openPart(this.#rooms[act.room]!.session));
      case "hang-up":
        return this.#rooms[act.room]!.chat?.hangUp();
      case "look-away":
        return this.#leave(this.#rooms[act.room]!);
      case "reload":
        return this.#reload(this.#rooms[act.room]!, act.resume);
      case "approve":
        for (const id of this.#asked) this.#call(`/api/approvals/${id}`, { decision: "once" });
        return;
      case "crash":
        return this.#crash();
      case "turns":
        for (let turn = 0; turn < act.count; turn++) await nextTurn();
    }
  }

  /** Stops everything, and says what is wrong then. */
  async settle(): Promise<string[]> {
    // What was on its way may have started another run behind the first stop.
    for (const what of ["everything is stopped", "what came late is stopped"]) {
      const stopped = await within(what, this.#fixture.post("wire", "/api/stop", {}));
      if (typeof stopped === "string") return [stopped];
      const answered = await within("every call is answered", Promise.all(this.#pending));
      if (typeof answered === "string") this.#faults.push(answered);
    }
    for (const one of this.#rooms) if (one.session) await this.#check(one, one.session);
    const sockets = this.#fixture.upstream.requests.map((request) => request.ended);
    const closed = await within("every upstream socket is closed", Promise.all(sockets));
    if (typeof closed === "string") this.#faults.push(closed);
    const quiet = await within(
      "the server is quiet",
      until(() => isQuiet(this.#fixture)),
    );
    if (typeof quiet === "string") this.#faults.push(quiet, ...processesIn(this.#fixture.cwd));
    return this.#faults;
  }

  #created(session: Session): void {
    if (this.#creating) this.#creating.session = structuredClone(session);
    this.#creating = undefined;
  }

  #heard(event: SessionEvent, { id }: Session): void {
    const heard = this.#rooms.find((one) => one.session?.id === id);
    if (heard?.session === undefined) return;
    if (event.type === "approval-request") this.#asked.add(event.approval.id);
    if (event.type === "run-end") count(heard.ends, event.runId);
    if (event.type === "run-stopping") count(heard.stops, event.runId);
    apply(heard.session, structuredClone(event));
    const faults = violationsOf(heard.session);
    this.#faults.push(...faults.map((fault) => `${fault}, after ${event.type}`));
  }

  /** The newest message in a request names its script; a subagent's request has none. */
  #answer(told: string): Step[] {
    const named = [...told.matchAll(/Please do #\d+#|Carry on/g)].at(-1)?.[0] ?? "";
    return this.#scripts.get(named)?.shift() ?? [text("Enough.")];
  }

  async #send(into: Room, act: Extract<Act, { act: "send" }>): Promise<void> {
    const { permissions } = scenarios[act.scenario]!;
    const message = this.#newWords(act.scenario);
    const creates = into.session === undefined;
    if (creates) this.#creating = into;
    const { promise: created, resolve } = Promise.withResolvers<void>();
    const request = {
      message,
      provider: act.wire,
      model: models[act.wire],
      permissions,
      onDisconnect: act.onDisconnect,
      ...(into.session && { sessionId: into.session.id, interrupt: act.how !== "plain" }),
      ...(act.how === "retry" && { retryOf: lastRunOf(into.session) }),
    };
    const chat = new Chat(async (signal) => {
      const body = JSON.stringify(request);
      const asked = this.#fixture.call("wire", "/api/chat", { method: "POST", body, signal });
      const response = await asked.finally(resolve);
      this.#expectStatus(response, [200, 409]);
      return response;
    });
    this.#pending.push(chat.ended.catch(() => undefined));
    // The second message to a new session needs to know its name.
    if (creates) await created;
    if ((await chat.response.catch(() => undefined))?.status === 200) into.chat = chat;
  }

  /** New words, and what the model answers to them. */
  #newWords(scenario: number): string {
    const words = `Please do #${++this.#sent}#`;
    this.#scripts.set(words, scenarios[scenario]!.answers.slice());
    return words;
  }

  #post(to: Room, what: string, body: object): void {
    if (to.session) this.#call(`/api/sessions/${to.session.id}/${what}`, body);
  }

  #call(path: string, body: object | undefined, method = "POST"): void {
    const init = { method, ...(body && { body: JSON.stringify(body) }) };
    const called = this.#fixture.call("wire", path, init);
    // 404: it is not there any more. 409: it cannot be done now.
    this.#pending.push(called.then((response) => this.#expectStatus(response, [200, 404, 409])));
  }

  #queue(into: Room, waitsFor: "run" | "turn"): void {
    const message = this.#newWords(0);
    this.#post(into, "queue", { message, waitsFor });
  }

  #change({ session }: Room, { which, change }: Extract<Act, { act: "chip" }>): void {
    const message = session?.queue[which];
    if (session === undefined || message === undefined) return;
    const path = `/api/sessions/${session.id}/queue/${message.id}`;
    if (change === "remove") this.#call(path, undefined, "DELETE");
    else this.#call(path, change, "PATCH");
  }

  #takeBack(from: Room): void {
    const newest = from.session?.messages.findLast(({ summary }) => summary);
    this.#post(from, `summaries/${newest?.id ?? "none"}/undo`, {});
  }

  #expectStatus({ status, url }: Response, expected: number[]): void {
    if (!expected.includes(status)) this.#faults.push(`${url} answered ${status}`);
  }

  #reload(into: Room, resume: boolean): void {
    if (into.session === undefined) return;
    const { id } = into.session;
    const seen = resume ? into.viewer?.session : undefined;
    this.#leave(into);
    const after = seen === undefined ? "" : `?after=${seen.seq}`;
    const viewer = new Chat((signal) =>
      this.#fixture.call("wire", `/api/sessions/${id}/events${after}`, { signal }),
    );
    if (seen) Object.assign(viewer.session, structuredClone(seen));
    Object.assign(into, { viewer, after: seen?.seq, cut: false });
  }

  async #crash(): Promise<void> {
    // What is on its way would reach neither server, or both.
    for (const one of this.#rooms) one.chat?.hangUp();
    await Promise.all(this.#pending.splice(0));
    for (const one of this.#rooms) [one.ends, one.stops].forEach((counts) => counts.clear());
    await this.#fixture.crash();
    this.#asked.clear();
    for (const one of this.#rooms) {
      one.cut = true;
      if (one.session === undefined) continue;
      const found = this.#fixture.server.sessions.get(one.session.id)?.session;
      if (found === undefined) this.#faults.push("a crash has lost a session");
      if (found?.runs.some(({ state, pause }) => state !== "settled" && pause?.state !== "paused"))
        this.#faults.push("a run that was not paused is open after the crash");
      delete one.session;
      if (found) one.session = structuredClone(found);
    }
  }

  async #check(one: Room, session: Session): Promise<void> {
    for (const [run, times] of one.ends)
      if (times !== 1) this.#faults.push(`run ${run} ended ${times} times`);
    for (const [run, times] of one.stops)
      if (times !== 1) this.#faults.push(`run ${run} was stopping ${times} times`);
    if (session.runs.some(({ state }) => state !== "settled")) this.#faults.push("a run is open");
    const isSaved = () =>
      Bun.deepEquals({ ...this.#fixture.saved(session.id), seq: 0 }, { ...session, seq: 0 });
    const saved = await within("what is saved is the fold", until(isSaved));
    if (typeof saved === "string") this.#faults.push(saved);
    if (one.viewer === undefined || one.cut) this.#reload(one, true);
    await this.#followUp(one, session);
    const viewer = one.viewer!;
    const shows = until(() => viewer.session.seq === session.seq);
    const shown = await within("the viewer shows the end", shows);
    if (typeof shown === "string") this.#faults.push(shown);
    else if (!Bun.deepEquals(viewer.session, session))
      this.#faults.push("a viewer shows another session");
    this.#leave(one);
  }

  /** The page goes away. Whatever it was told came without a gap and without a repetition. */
  #leave(one: Room): void {
    const { viewer, after } = one;
    if (viewer === undefined) return;
    viewer.hangUp();
    one.cut = true;
    const told = viewer.events.map(({ seq }) => seq);
    const first = viewer.events[0]?.type === "snapshot" ? told[0]! : (after ?? 0) + 1;
    if (told.some((seq, index) => seq !== first + index))
      this.#faults.push(`a viewer that had seen ${after} was told ${told.join(" ")}`);
  }

  async #followUp(one: Room, { id }: Session): Promise<void> {
    const chat = this.#fixture.chat(
      "wire",
      { message: "Carry on, please", sessionId: id, onDisconnect: "continue" },
      new AbortController().signal,
    );
    const ended = await within("the next run has settled", chat.ended);
    if (typeof ended === "string") this.#faults.push(ended);
    const last = one.session?.runs.at(-1);
    if (last?.outcome !== "done") this.#faults.push(`the next run: ${JSON.stringify(last?.error)}`);
    const refused = this.#fixture.upstream.requests.find(({ refusal }) => refusal);
    if (refused) this.#faults.push(`refused: ${refused.refusal}`);
  }
}

/** What a retry can name: the last run that was an answer to somebody. */
function lastRunOf(session: Session | undefined): string | undefined {
  return session && lastAttempt(session)?.runId;
}

function openPart(session: Session | undefined): { subagentId?: string; toolCallId?: string } {
  const parts = session?.messages.flatMap((message) => message.parts) ?? [];
  const open = parts.findLast((part) => part.type === "tool-call" && !isOutcome(part.state));
  if (open?.type === "tool-call" && open.subagent) return { subagentId: open.id };
  return { toolCallId: open?.id ?? "none" };
}
