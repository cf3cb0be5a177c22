/** The model-based harness: two clients on one server, the actions that commands take on it, and the checks at the end. */
import { branchOf, branchRuns, lastSaid } from "../../shared/branches";
import { isOutcome } from "../../shared/protocol";
import type { Approval, Session, SessionEvent } from "../../shared/protocol";
import type { QueuedPatchRequest } from "../../shared/requests";
import { allowing } from "../control-api";
import { Chat } from "../rein";
import { type Step, text, type WireName } from "../upstream/upstream";
import { until, within } from "./bounded-wait";
import { HarnessClient } from "./harness-client";
import { isQuiet } from "./injection-point";
import { processesIn } from "./leak-detector";
import { answersOf, models, scenarios } from "./scenarios";
import type { ServerFixture } from "./server-fixture";

export interface Sending {
  /** plain: refused while a run is active. interrupt: stops that run. retry: the last message is said anew; again: an earlier one. */
  how: "plain" | "interrupt" | "retry" | "again";
  /** Of those that could be said again. */
  which: number;
  scenario: number;
  wire: WireName;
  onDisconnect: "stop" | "continue";
}

export class ModelHarness {
  readonly #fixture: ServerFixture;
  readonly #clients: [HarnessClient, HarnessClient] = [new HarnessClient(), new HarnessClient()];
  readonly #approvals = new Map<string, Approval>();
  readonly #scripts = new Map<string, Step[][]>();
  readonly #faults: string[] = [];
  readonly #pending: Promise<unknown>[] = [];
  #creating: HarnessClient | undefined;
  #sent = 0;

  /** Its sessions are new; the server is shared with earlier harnesses. */
  constructor(fixture: ServerFixture) {
    this.#fixture = fixture;
    fixture.tap = {
      created: (session) => this.#created(session),
      event: (event, { id }) => this.#receive(event, id),
    };
    fixture.upstream.requests.length = 0;
    fixture.upstream.route(({ body }) => this.#answer(JSON.stringify(body)));
  }

  async send(at: number, { how, which, scenario, wire, onDisconnect }: Sending): Promise<void> {
    const client = this.#clients[at]!;
    const { session } = client;
    const request = {
      message: this.#newMessage(scenario),
      provider: wire,
      model: models[wire],
      permissions: scenarios[scenario]!.permissions,
      onDisconnect,
      ...(session && { sessionId: session.id, interrupt: how !== "plain" }),
      ...(session && how === "retry" && { retryOf: lastSaid(session)?.runId }),
      ...(session && how === "again" && { retryOf: saidIn(session, which) }),
    };
    if (session === undefined) this.#creating = client;
    const { promise: created, resolve } = Promise.withResolvers<void>();
    const chat = new Chat(async (signal) => {
      const body = JSON.stringify(request);
      const called = this.#fixture.call("wire", "/api/chat", { method: "POST", body, signal });
      const response = await called.finally(resolve);
      // 404: it is being deleted.
      this.#expectStatus(response, [200, 404, 409]);
      return response;
    });
    this.#pending.push(chat.ended.catch(() => undefined));
    // The next command of a new session needs its id.
    if (session === undefined) await created;
    if ((await chat.response.catch(() => undefined))?.status === 200) client.chat = chat;
  }

  /** Posts to a route of the client's session. */
  post(at: number, what: string, body: object): void {
    const id = this.#clients[at]!.session?.id;
    if (id !== undefined) this.#call(`/api/sessions/${id}/${what}`, body);
  }

  queue(at: number, waitsFor: "run" | "turn"): void {
    this.post(at, "queue", { message: this.#newMessage(0), waitsFor });
  }

  changeQueued(at: number, which: number, change: QueuedPatchRequest | "remove"): void {
    const { session } = this.#clients[at]!;
    const message = session?.queue[which];
    if (session === undefined || message === undefined) return;
    const path = `/api/sessions/${session.id}/queue/${message.id}`;
    if (change === "remove") this.#call(path, undefined, "DELETE");
    else this.#call(path, change, "PATCH");
  }

  undoSummary(at: number): void {
    const newest = this.#clients[at]!.session?.messages.findLast(({ summary }) => summary);
    this.post(at, `summaries/${newest?.id ?? "none"}/undo`, {});
  }

  /** Shows the branch of any of its runs. */
  showBranch(at: number, which: number): void {
    const { runs = [] } = this.#clients[at]!.session ?? {};
    const runId = runs[which % Math.max(1, runs.length)]?.id ?? "none";
    this.post(at, "branch", { runId });
  }

  /** Deletes the session, whatever runs in it, and brings it back. */
  async deleteAndRestore(at: number): Promise<void> {
    const client = this.#clients[at]!;
    if (client.session === undefined) return;
    const path = `/api/sessions/${client.session.id}`;
    client.leave();
    for (const [end, method] of [
      ["?undo=1", "DELETE"],
      ["/restore", "POST"],
    ] as const) {
      const response = await this.#fixture.call("wire", `${path}${end}`, { method });
      this.#expectStatus(response, [200]);
    }
  }

  /** Stops the newest open call, or its subagent. */
  stopPart(at: number): void {
    this.post(at, "stop", openPart(this.#clients[at]!.session));
  }

  hangUp(at: number): void {
    this.#clients[at]!.chat?.hangUp();
  }

  closeViewer(at: number): void {
    this.#clients[at]!.leave();
  }

  reload(at: number, resume: boolean): void {
    this.#clients[at]!.reload(this.#fixture, resume);
  }

  approveAll(): void {
    for (const [id, approval] of this.#approvals)
      this.#call(`/api/approvals/${id}`, allowing(approval));
  }

  async crash(): Promise<void> {
    // A request on its way would reach neither server, or both.
    for (const { chat } of this.#clients) chat?.hangUp();
    await Promise.all(this.#pending.splice(0));
    await this.#fixture.crash();
    this.#approvals.clear();
    const { sessions } = this.#fixture.server;
    for (const client of this.#clients)
      client.restart(client.session && sessions.get(client.session.id)?.session);
  }

  /** Stops everything; resolves with every fault, as sentences. */
  async settle(): Promise<string[]> {
    // A request on its way may start another run after the first stop.
    for (const what of ["everything is stopped", "late runs are stopped"]) {
      const stopped = await within(what, this.#fixture.post("wire", "/api/stop", {}));
      if (typeof stopped === "string") return [stopped];
      await this.#expect("every call is answered", Promise.all(this.#pending));
    }
    for (const client of this.#clients)
      if (client.session) await this.#check(client, client.session);
    const sockets = this.#fixture.upstream.requests.map((request) => request.ended);
    await this.#expect("every upstream socket is closed", Promise.all(sockets));
    const isServerQuiet = until(() => isQuiet(this.#fixture));
    if (!(await this.#expect("the server is quiet", isServerQuiet)))
      this.#faults.push(...processesIn(this.#fixture.cwd));
    return [...this.#faults, ...this.#clients.flatMap(({ faults }) => faults)];
  }

  #created(session: Session): void {
    if (this.#creating) this.#creating.session = structuredClone(session);
    this.#creating = undefined;
  }

  #receive(event: SessionEvent, sessionId: string): void {
    if (event.type === "approval-request") this.#approvals.set(event.approval.id, event.approval);
    this.#clients.find(({ session }) => session?.id === sessionId)?.receive(event);
  }

  /** The newest message in a request names its script; a subagent's request has none. */
  #answer(body: string): Step[] {
    const named = [...body.matchAll(/Please do #\d+#|Carry on/g)].at(-1)?.[0] ?? "";
    return this.#scripts.get(named)?.shift() ?? [text("Enough.")];
  }

  /** A message that occurs once, with the model's answers to it. */
  #newMessage(scenario: number): string {
    const message = `Please do #${++this.#sent}#`;
    this.#scripts.set(message, answersOf(scenarios[scenario]!, this.#fixture.site).slice());
    return message;
  }

  #call(path: string, body: object | undefined, method = "POST"): void {
    const init = { method, ...(body && { body: JSON.stringify(body) }) };
    const called = this.#fixture.call("wire", path, init);
    // 404: it no longer exists. 409: not possible now.
    this.#pending.push(called.then((response) => this.#expectStatus(response, [200, 404, 409])));
  }

  #expectStatus({ status, url }: Response, expected: number[]): void {
    if (!expected.includes(status)) this.#faults.push(`${url} answered ${status}`);
  }

  /** Whether it came in time; else that is a fault. */
  async #expect(what: string, promise: Promise<unknown>): Promise<boolean> {
    const late = await within(
      what,
      promise.then(() => undefined),
    );
    if (late !== undefined) this.#faults.push(late);
    return late === undefined;
  }

  async #check(client: HarnessClient, session: Session): Promise<void> {
    client.checkRuns(session);
    const isSaved = () =>
      Bun.deepEquals({ ...this.#fixture.saved(session.id), seq: 0 }, { ...session, seq: 0 });
    await this.#expect("what is saved is the fold", until(isSaved));
    if (client.viewer === undefined || client.isCut) client.reload(this.#fixture, true);
    await this.#followUp(client, session.id);
    const viewer = client.viewer!;
    const isShown = until(() => viewer.session.seq === session.seq);
    if (await this.#expect("the viewer shows the end", isShown))
      if (!Bun.deepEquals(shownOf(viewer.session), shownOf(session)))
        this.#faults.push("a viewer shows another session");
    client.leave();
  }

  /** The next message of the session works. */
  async #followUp(client: HarnessClient, sessionId: string): Promise<void> {
    const request = { message: "Carry on, please", sessionId, onDisconnect: "continue" as const };
    const chat = this.#fixture.chat("wire", request, new AbortController().signal);
    await this.#expect("the next run has settled", chat.ended);
    const last = client.session?.runs.at(-1);
    if (last?.outcome !== "done") this.#faults.push(`the next run: ${JSON.stringify(last?.error)}`);
    const refused = this.#fixture.upstream.requests.find(({ refusal }) => refusal);
    if (refused) this.#faults.push(`refused: ${refused.refusal}`);
  }
}

function saidIn(session: Session, which: number): string | undefined {
  const said = branchOf(session).filter(({ role }) => role === "user");
  return said[which % Math.max(1, said.length)]?.runId;
}

function openPart(session: Session | undefined): { subagentId?: string; toolCallId?: string } {
  const parts = session?.messages.flatMap((message) => message.parts) ?? [];
  const open = parts.findLast((part) => part.type === "tool-call" && !isOutcome(part.state));
  if (open?.type === "tool-call" && open.subagent) return { subagentId: open.id };
  return { toolCallId: open?.id ?? "none" };
}

/** What a page shows: of the other branches it may have none, or those that it has seen. */
function shownOf({ forks: _forks, ...session }: Session): Session {
  const path = branchRuns(session);
  return {
    ...session,
    messages: branchOf(session),
    runs: session.runs.filter(({ id }) => path.has(id)),
  };
}
