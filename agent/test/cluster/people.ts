/** People who begin sessions, write, steer, pause and stop through HAProxy, whatever becomes of the machines behind it. */
import type { ChatRequest } from "../../shared/requests";
import { aRequest, clusterToken } from "../cluster-node";
import type { SeededRandom } from "../seeded-random";
import type { Journal } from "./journal";

/** A run that a person knows of. */
interface Known {
  sessionId: string;
  runId: string;
}

/** Longer than any answer takes that is not a stream. */
const patienceMs = 60_000;
/** More sessions than this would be no team. */
const mostSessions = 60;

export class People {
  readonly known: Known[] = [];
  readonly #url: string;
  readonly #journal: Journal;
  readonly #onSession: (sessionId: string) => void;

  constructor(url: string, journal: Journal, onSession: (sessionId: string) => void) {
    this.#url = url;
    this.#journal = journal;
    this.#onSession = onSession;
  }

  /** One person, until the signal aborts. */
  async live(name: string, random: SeededRandom, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#act(name, random, signal);
      await Bun.sleep(100 + random.below(900));
    }
  }

  async #act(name: string, random: SeededRandom, signal: AbortSignal): Promise<void> {
    const chosen = random.next();
    const all = new Set(this.known.map(({ sessionId }) => sessionId));
    if (all.size === 0 || (chosen < 0.12 && all.size < mostSessions))
      return this.#write(name, undefined, signal);
    const run = random.pick(this.known.slice(-20));
    if (chosen < 0.45) return this.#stop(name, run, signal);
    if (chosen < 0.7) return this.#write(name, run.sessionId, signal);
    if (chosen < 0.85) return this.#queue(name, run, signal);
    await this.#post(name, "pause", `/api/sessions/${run.sessionId}/pause`, {}, signal);
    await Bun.sleep(random.below(500));
    await this.#post(name, "resume", `/api/sessions/${run.sessionId}/resume`, {}, signal);
  }

  /** Reads no further than to the beginning of the answer: a viewer sees the rest. */
  async #write(name: string, sessionId: string | undefined, signal: AbortSignal): Promise<void> {
    const runId = crypto.randomUUID();
    const request: ChatRequest = {
      ...aRequest,
      message: `${name} asks`,
      permissions: "all",
      runId,
      ...(sessionId !== undefined && { sessionId }),
    };
    const own = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    const what = sessionId === undefined ? "begin" : "write";
    try {
      const response = await this.#ask("/api/chat", request, own);
      if (!response.ok) return this.#said(name, what, response.status, await response.text());
      const at = await beginOf(response, runId);
      this.#said(name, `${what} ${runId}`, response.status, at ?? "no beginning");
      if (at === undefined) return;
      if (sessionId === undefined) this.#onSession(at);
      this.known.push({ sessionId: at, runId });
    } catch (error) {
      this.#failed(name, what, error);
    }
  }

  async #queue(name: string, { sessionId }: Known, signal: AbortSignal): Promise<void> {
    const body = { message: `${name} adds`, waitsFor: "turn" };
    await this.#post(name, "queue", `/api/sessions/${sessionId}/queue`, body, signal);
  }

  async #stop(name: string, { sessionId, runId }: Known, signal: AbortSignal): Promise<void> {
    const path = `/api/sessions/${sessionId}/stop`;
    const text = await this.#post(name, "stop", path, { runId }, signal, runId);
    if (text === undefined) return;
    const answer = JSON.parse(text) as { stopped: boolean; outcome?: string; unshared?: true };
    this.#journal.count("stop", answer.stopped ? `stopped (${answer.outcome})` : "nothing ran");
    if (answer.stopped && answer.outcome === "stopped")
      this.#journal.stops.push({ sessionId, runId, unshared: answer.unshared === true });
  }

  /** The body of a good answer. */
  async #post(
    name: string,
    what: string,
    path: string,
    body: object,
    signal: AbortSignal,
    about = path,
  ): Promise<string | undefined> {
    const own = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    try {
      const response = await this.#ask(path, body, own);
      const text = await response.text();
      this.#said(name, `${what} ${about}`, response.status, text);
      return response.ok ? text : undefined;
    } catch (error) {
      this.#failed(name, `${what} ${about}`, error);
      return undefined;
    }
  }

  #ask(path: string, body: object, signal: AbortSignal): Promise<Response> {
    return fetch(this.#url + path, {
      method: "POST",
      headers: { Authorization: `Bearer ${clusterToken}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal,
      keepalive: false,
    });
  }

  #said(name: string, what: string, status: number, text: string): void {
    this.#journal.note(`${name}: ${what} → ${status} ${text.slice(0, 300)}`);
    const code = /"code":"([\w-]+)"/.exec(status < 400 ? "" : text)?.[1];
    this.#journal.count(
      what.split(" ")[0]!,
      code === undefined ? `${status}` : `${status} ${code}`,
    );
  }

  #failed(name: string, what: string, error: unknown): void {
    this.#journal.note(`${name}: ${what} → ${String(error)}`);
    this.#journal.count(what.split(" ")[0]!, "no answer");
  }
}

/** The session in which this run begins, once the stream says so. */
async function beginOf(response: Response, runId: string): Promise<string | undefined> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (done) return undefined;
      text += value;
      for (const [, data] of text.matchAll(/^data: (\{"type":"run-start".*\})$/gm)) {
        const event = JSON.parse(data!) as { sessionId: string; run: { id: string } };
        if (event.run.id === runId) return event.sessionId;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
