/** The fixture of the compaction tests: a server whose model has a known context window, and conversations that fill it. */
import { join } from "node:path";
import { Store } from "../server/store/store";
import { apply } from "../shared/apply";
import {
  type EventBody,
  type Message,
  type Models,
  noUsage,
  type Session,
} from "../shared/protocol";
import { type Chat, type Rein, startRein } from "./rein";
import {
  startUpstream,
  type Step,
  text,
  type Upstream,
  type UpstreamRequest,
  usage,
} from "./upstream/upstream";

type Request = Partial<Parameters<Rein["chat"]>[0]>;

export interface CompactionScene extends AsyncDisposable {
  upstream: Upstream;
  rein: Rein;
  /** Clears the requests of the previous test. */
  clear(): void;
  /** Sends a message; resolves with the chat, whose session is folded from the first event on. */
  open(request?: Request): Promise<Chat>;
  /** Sends a message; resolves when its run has ended. */
  send(request?: Request): Promise<Chat>;
  /** The messages of this request, as text. */
  requestText(request: UpstreamRequest | undefined): string;
  /** Requests a summary, or undoes one. */
  compact(sessionId: string): Promise<Response>;
  undo(sessionId: string, messageId: string): Promise<Response>;
  /** Resolves with the session when its run, if any, has settled. */
  settled(sessionId: string): Promise<Session>;
}

/** A model with a context window of 200,000 tokens. */
const model = { provider: "anthropic", model: "claude-sonnet-4-5" };
export const full = usage(170_000, 1000);
export const little = usage(20, 10);

export async function openCompactionScene(): Promise<CompactionScene> {
  const upstream = startUpstream();
  const { ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL } = upstream.environment;
  const environment = {
    ANTHROPIC_API_KEY: ANTHROPIC_API_KEY!,
    ANTHROPIC_BASE_URL: ANTHROPIC_BASE_URL!,
  };
  const rein = await startRein({ environment });
  await untilModelKnown(rein);

  async function open(request: Request = {}): Promise<Chat> {
    const before = request.sessionId && (await rein.session(request.sessionId));
    const known = before && { after: before.seq };
    const asked = { message: "My question", onDisconnect: "continue" as const, ...model };
    const chat = rein.chat({ ...asked, ...known, ...request });
    if (before) Object.assign(chat.session, before);
    return chat;
  }

  return {
    upstream,
    rein,
    open,
    clear() {
      upstream.requests.length = 0;
      upstream.route(() => undefined);
    },
    async send(request) {
      const chat = await open(request);
      await chat.ended;
      return chat;
    },
    requestText: (request) => JSON.stringify(request?.body["messages"]).replaceAll("\\n", "\n"),
    compact: (id) => rein.fetch(`/api/sessions/${id}/compact`, { method: "POST" }),
    undo: (id, messageId) =>
      rein.fetch(`/api/sessions/${id}/summaries/${messageId}/undo`, { method: "POST" }),
    async settled(id) {
      const viewer = rein.follow(id);
      await viewer.until(() => viewer.session.runs.every(({ state }) => state === "settled"));
      viewer.hangUp();
      return rein.session(id);
    },
    async [Symbol.asyncDispose]() {
      await rein[Symbol.asyncDispose]();
      await upstream.close();
    },
  };
}

/** The model look-up has a time limit, which may be too short on a busy machine: it is repeated until it succeeds. */
export async function untilModelKnown(rein: Rein, modelId = model.model): Promise<void> {
  const lookUp = () => rein.json<Models>("/api/settings", { method: "PUT", body: "{}" });
  const isKnown = ({ providers }: Models) =>
    providers.some(({ models }) => models.some(({ id }) => id === modelId));
  while (!isKnown(await lookUp()));
}

/** A session with one question and its answer, whose usage says how full the context window is. */
export async function begun(
  scene: CompactionScene,
  counted: Step = full,
  words = "Blue it is.",
): Promise<Chat> {
  scene.upstream.script([text(words), counted]);
  return scene.send();
}

/**
 * Writes a session into a data directory, as left by a server that died when a paused run's summary was complete but not
 * yet closed. Returns its id.
 */
export function writeHeld(dataDir: string, cwd: string, sumsUp: boolean): string {
  const store = new Store(join(dataDir, "rein.db"));
  const id = "held-session";
  const session: Session = {
    id,
    title: "Held",
    cwd,
    ...model,
    permissions: "ask",
    allowed: [],
    createdAt: 1,
    updatedAt: 1,
    messages: [],
    runs: [],
    usage: noUsage,
    queue: [],
    seq: 0,
  };
  store.create(session);
  const tell = (event: EventBody) => {
    apply(session, { ...event, seq: session.seq + 1 });
    store.changed(session, event);
  };
  const begin = (runId: string) => ({
    id: runId,
    startedAt: 1,
    usage: noUsage,
    state: "running" as const,
  });
  const say = (runId: string, role: Message["role"], words: string, more: Partial<Message>) => {
    const part = { type: "text" as const, id: `part of ${words}`, text: words };
    const message = { id: words, runId, role, parts: [part], createdAt: 1, ...more };
    tell({ type: "message-start", message });
  };
  tell({ type: "run-start", sessionId: id, run: begin("first") });
  say("first", "user", "My question", {});
  say("first", "assistant", "Blue it is.", { outcome: "done" });
  tell({ type: "run-end", runId: "first", at: 2, outcome: "done", usage: noUsage });
  tell({ type: "run-start", sessionId: id, run: { ...begin("held"), ...(sumsUp && { sumsUp }) } });
  if (!sumsUp) say("held", "user", "And then?", {});
  say("held", "assistant", "In short: blue.", { summary: sumsUp ? {} : { keeps: "And then?" } });
  const pause = { state: "paused" as const, from: "api" as const, askedAt: 3 };
  tell({ type: "run-pause", runId: "held", pause });
  store.close();
  return id;
}
