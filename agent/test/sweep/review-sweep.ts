/**
 * A commit from the page, and the draft of its message, cut at each moment: before and after each call of git, in each hook,
 * and between the pieces of the model's answer. What is left is the repository as it was, or the whole commit; it is told.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { CommitView, DraftAnswer } from "../../shared/protocol";
import { ApiError } from "../../sdk/create-rein";
import { everyWire } from "../api-scene";
import { type Rein, startRein } from "../rein";
import { lastingDirectory } from "../temporary-directory";
import { type Gate, makeGate, startUpstream, text, type Upstream } from "../upstream/upstream";
import { until, untilAsync } from "../within";
import { type GatedGit, gatedGit } from "./gated-git";
import { processesIn } from "./leak-detector";
import { asItWas, committed, left, reviewedRepository } from "./reviewed-repository";

const cuts = ["stop of it", "stop of the session", "stop of everything", "SIGTERM", "SIGKILL"];
const never = new AbortController().signal;

export interface ReviewPoint {
  act: "commit" | "draft";
  cut: string;
  /** From one. */
  at: number;
}

/** One that has begun, and is held at the moment unless it ends before. */
interface Begun {
  sessionId: string;
  cwd: string;
  /** Closes its connection. */
  page: AbortController;
  answer: Promise<CommitView | DraftAnswer | Error>;
  /** Also of the commit, not only of the request that begins it. */
  ended: Promise<unknown>;
  isHeld: Promise<boolean>;
  letGo(): void;
}

export class ReviewSweep implements AsyncDisposable {
  readonly #upstream: Upstream;
  readonly #git: GatedGit;
  readonly #base = lastingDirectory("rein-review-");
  readonly #dataDir = lastingDirectory("rein-review-data-");
  #rein: Rein | undefined;
  /** Calls of git before the model is asked for a draft. */
  #calls = 0;

  constructor() {
    this.#upstream = startUpstream();
    this.#git = gatedGit(this.#base);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rein?.[Symbol.asyncDispose]();
    await this.#upstream.close();
  }

  /** Every moment, with everything that can cut it. */
  async points(): Promise<ReviewPoint[]> {
    const counts = { draft: 0, commit: 0 };
    for (const act of ["draft", "commit"] as const) {
      await (
        await this.#begin(act, 0)
      ).ended;
      counts[act] = this.#git.count();
    }
    this.#calls = counts.draft;
    return (["commit", "draft"] as const).flatMap((act) => {
      const count = act === "draft" ? counts.draft + 3 : counts.commit;
      const moments = Array.from({ length: count }, (_, index) => index + 1);
      return moments.flatMap((at) => cuts.map((cut) => ({ act, cut, at })));
    });
  }

  /** The faults, as sentences. */
  async try({ act, cut, at }: ReviewPoint): Promise<string[]> {
    const begun = await this.#begin(act, at);
    if (!(await begun.isHeld)) return ["it has ended before the moment"];
    const sent = this.#upstream.requests.at(-1)!;
    await this.#cut(cut, act, begun);
    const answer = await begun.answer;
    await begun.ended;
    const faults = act === "draft" ? draftFaults(answer, cut) : [];
    if (cut.startsWith("SIG")) await this.#start();
    if (
      act === "draft" &&
      at > this.#calls &&
      (await sent.ended) !== "client" &&
      !isDrafted(answer)
    )
      faults.push("the socket of the draft was not closed");
    faults.push(...(await this.#commitFaults(act, cut, begun)));
    faults.push(...processesIn(begun.cwd).map((one) => `a process is left: ${one}`));
    if (this.#foldersLeft() > 0) faults.push("a folder is left");
    if (faults.length === 0) rmSync(begun.cwd, { recursive: true });
    return faults;
  }

  #foldersLeft(): number {
    return readdirSync(join(this.#dataDir, "review")).length;
  }

  async #start(): Promise<Rein> {
    const environment = { ...everyWire(this.#upstream), PATH: this.#git.path };
    return (this.#rein = await startRein({ dataDir: this.#dataDir, environment }));
  }

  async #begin(act: ReviewPoint["act"], at: number): Promise<Begun> {
    const rein = this.#rein ?? (await this.#start());
    const { sdk } = rein;
    this.#git.arm(0);
    const cwd = join(this.#base, crypto.randomUUID());
    reviewedRepository(cwd, this.#git.gate);
    this.#upstream.reset();
    this.#upstream.script([text("Yes.")]);
    const choice = { provider: "openai-chat", model: "local-model" };
    const hello = rein.chat({ message: "Hello", cwd, ...choice, onDisconnect: "continue" });
    await hello.ended;
    const { sessionId } = hello;
    // Behind the snapshot of that run, whose processes are not of what is tried here.
    const nothing = { sessionId, of: "tree" as const, path: "none", id: "0".repeat(64) };
    await sdk.revert(nothing, never).then(
      () => Promise.reject(new Error("There was nothing to put back")),
      (error: unknown) => {
        if (!(error instanceof ApiError) || error.code !== "changed-since") throw error;
      },
    );
    const shown = await sdk.review({ sessionId, of: "tree" }, never);
    const files = shown.files
      .filter(({ path }) => committed.includes(path))
      .map(({ path, id }) => ({ path, id }));
    const gates = [makeGate(), makeGate(), makeGate()] as const;
    const held: Gate | undefined = act === "draft" ? gates[at - this.#calls - 1] : undefined;
    for (const gate of gates) if (gate !== held) gate.open();
    this.#upstream.script([gates[0], text("Add ", gates[1], "a line", gates[2])]);
    this.#git.arm(held === undefined ? at : 0);
    const page = new AbortController();
    const message = "Second";
    const begun: Promise<CommitView | DraftAnswer> =
      act === "commit"
        ? sdk.commit({ sessionId, message, files, runHooks: true }, page.signal)
        : sdk.draftMessage({ sessionId, files }, page.signal);
    const answer = begun.catch((error: unknown) => error as Error);
    const ended = answer.then(async (one) => {
      if ("startedAt" in one) await this.#commitEnd(sessionId);
    });
    const reached = held?.reached.then(() => true);
    return {
      sessionId,
      cwd,
      page,
      answer,
      ended,
      isHeld: Promise.race([this.#git.held(ended), ...(reached ? [reached] : [])]),
      letGo: () => {
        this.#git.letGo();
        for (const gate of gates) gate.open();
      },
    };
  }

  /** Also when the server ends before it. */
  async #commitEnd(sessionId: string): Promise<void> {
    await untilAsync(async () => {
      const view = await this.#view(sessionId).catch(() => "gone" as const);
      return view === "gone" || (view !== undefined && view.endedAt !== undefined);
    }, "the end of the commit");
  }

  async #view(sessionId: string): Promise<CommitView | undefined> {
    return (await this.#rein!.sdk.commitState(sessionId, never)).commit;
  }

  async #cut(cut: string, act: ReviewPoint["act"], begun: Begun): Promise<void> {
    const rein = this.#rein!;
    const { sessionId } = begun;
    if (cut === "SIGTERM" || cut === "SIGKILL") {
      rein.signal(cut);
      await rein.exited;
      return begun.letGo();
    }
    const post = (path: string) => rein.json(path, { method: "POST", body: "{}" });
    const stop = async () => {
      if (cut === "stop of the session") return post(`/api/sessions/${sessionId}/stop`);
      if (cut === "stop of everything") return post("/api/stop");
      if (act === "draft") return begun.page.abort();
      return rein.sdk.stopCommit(sessionId, never);
    };
    const stopped = stop();
    let isOver = false;
    void begun.answer.then((answer) => (isOver = act === "draft" || answer instanceof Error));
    // What a stop cuts is cut; what it does not cut goes on when that is known.
    await untilAsync(async () => {
      const view = act === "commit" ? await this.#view(sessionId) : undefined;
      return isOver || (view !== undefined && view.state !== "running");
    }, "the stop");
    begun.letGo();
    await stopped;
  }

  /** The repository is whole, what is told is so, and another commit works. */
  async #commitFaults(
    act: ReviewPoint["act"],
    cut: string,
    { sessionId, cwd, answer }: Begun,
  ): Promise<string[]> {
    const faults: string[] = [];
    const { sdk } = this.#rein!;
    const isTold = cut.startsWith("SIG") && "startedAt" in (await answer);
    const view = await this.#told(sessionId, isTold);
    const { head, status, wrong } = left(cwd);
    faults.push(...wrong);
    if (act === "draft" && status !== asItWas) faults.push("a draft has changed the repository");
    if (act === "commit") {
      if (view !== undefined && (view.state === "done") !== (head !== undefined))
        faults.push(`it is told to be ${view.state}: ${view.error}`);
      if (view !== undefined && view.commit !== head) faults.push("another commit is told");
      // A server that is asked to end may have ended the commit, too: then nothing is left to be told.
      if (view === undefined && head !== undefined && cut !== "SIGTERM")
        faults.push("a commit is not told");
      if (view?.state === "failed") faults.push(`it has failed: ${view.error}`);
    }
    const { files } = await sdk.review({ sessionId, of: "tree" }, never);
    const rest = files.filter(({ path }) => committed.includes(path));
    if (head !== undefined) return faults;
    const named = rest.map(({ path, id }) => ({ path, id }));
    await sdk.commit({ sessionId, message: "Second", files: named, runHooks: false }, never);
    await this.#commitEnd(sessionId);
    const next = await this.#view(sessionId);
    if (next?.state !== "done") faults.push(`the next commit is ${next?.state}: ${next?.error}`);
    return [...faults, ...left(cwd).wrong];
  }

  /** What a server has left is told by the next one, when it has looked. */
  async #told(sessionId: string, isTold: boolean): Promise<CommitView | undefined> {
    if (isTold) await until(() => this.#foldersLeft() === 0, "what was left is cleared up");
    return this.#view(sessionId);
  }
}

const isDrafted = (answer: CommitView | DraftAnswer | Error) =>
  "message" in answer && answer.message === "Add a line";

/** A draft has come, or it is said that it was stopped. */
function draftFaults(answer: CommitView | DraftAnswer | Error, cut: string): string[] {
  if (answer instanceof Error)
    return cut === "stop of it" || cut.startsWith("SIG") ? [] : [`it failed: ${answer.message}`];
  if (isDrafted(answer)) return [];
  const isTold = "problem" in answer && answer.problem === "It was stopped.";
  return isTold ? [] : [`it was answered ${JSON.stringify(answer)}`];
}
