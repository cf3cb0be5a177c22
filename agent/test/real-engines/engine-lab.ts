/** One Rein server with real engines, the scripted upstream behind its gate, and what every check asks of both. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { rgPath } from "@vscode/ripgrep";
import type { EngineInfo, Session, StopAnswer, ToolCallPart } from "../../shared/protocol";
import { toolCallsOf } from "../../shared/message-parts";
import type { ChatRequest } from "../../shared/requests";
import { type Chat, type Rein, startRein } from "../rein";
import {
  startUpstream,
  text,
  type Step,
  type Upstream,
  type UpstreamRequest,
} from "../upstream/upstream";
import { untilAsync } from "../within";
import type { EngineRow } from "./engine-rows";
import type { FoundPrograms } from "./install-engines";

/** In the place of a person's key: found wherever it goes. */
export const realKey = `real-key-${token()}`;

export function token(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 10);
}

/** The scripted upstream for several conversations at once: each is known by a mark in its first message. */
export class MarkedUpstream {
  readonly server: Upstream = startUpstream({ countsTokens: true });
  readonly #answers = new Map<string, Step[][]>();

  constructor() {
    this.server.route(({ body }) => {
      const mark = markOf(body);
      // Titles and the like have no tools: they get any text, and none of the scripted answers.
      return mark && hasTools(body) ? this.#answers.get(mark)?.shift() : [text("A title")];
    });
  }

  script(mark: string, ...answers: Step[][]): void {
    this.#answers.set(mark, [...(this.#answers.get(mark) ?? []), ...answers]);
  }

  forget(mark: string): void {
    this.#answers.delete(mark);
  }

  /** Requests for answers in the conversation, in their order. */
  asked(mark: string): UpstreamRequest[] {
    return this.server.requests.filter(({ body }) => hasTools(body) && markOf(body) === mark);
  }
}

/** What of a request is the conversation. */
export function historyOf(body: Record<string, unknown>): string {
  return JSON.stringify(body["messages"] ?? body["input"] ?? body["contents"] ?? []);
}

function markOf(body: Record<string, unknown>): string | undefined {
  return /\bmark-\w+/.exec(historyOf(body))?.[0];
}

/** Some models of Codex get theirs as an item of the conversation. */
function hasTools({ tools, input }: Record<string, unknown>): boolean {
  const items = Array.isArray(input) ? (input as { type?: string }[]) : [];
  const isGiven = Array.isArray(tools) && tools.length > 0;
  return isGiven || items.some(({ type }) => type === "additional_tools");
}

export class EngineLab implements AsyncDisposable {
  readonly upstream = new MarkedUpstream();
  /** Not among the temporary files: Codex puts its helpers nowhere below those. */
  readonly directory = mkdtempSync(join(homedir(), ".rein-real-"));
  rein!: Rein;
  engines: EngineInfo[] = [];

  constructor(readonly programs: FoundPrograms) {
    process.on("exit", () => this.#remove());
  }

  async start(): Promise<void> {
    const dataDir = join(this.directory, "data");
    const home = join(this.directory, "home");
    for (const path of [dataDir, home]) mkdirSync(path, { recursive: true, mode: 0o700 });
    const { environment } = this.upstream.server;
    const keys = Object.entries(environment).map(([name, value]) => [
      name,
      name.endsWith("_KEY") ? realKey : value,
    ]);
    // Without a ripgrep of the machine, opencode would fetch one from the network.
    const path = [process.env["PATH"], dirname(rgPath)].join(delimiter);
    this.rein = await startRein({
      dataDir,
      environment: { ...Object.fromEntries(keys), HOME: home, PATH: path },
    });
    const paths = Object.entries(this.programs).flatMap(([id, found]) =>
      "path" in found ? [[id, found.path]] : [],
    );
    await this.rein.json("/api/settings", {
      method: "PUT",
      body: JSON.stringify({ engines: { paths: Object.fromEntries(paths) } }),
    });
    // By default, as people have it.
    await this.setSandbox("auto");
    this.engines = await this.rein.json<EngineInfo[]>("/api/engines");
  }

  /** For what is started from now on. */
  async setSandbox(sandbox: "auto" | "off"): Promise<void> {
    await this.rein.json("/api/commands", { method: "PUT", body: JSON.stringify({ sandbox }) });
  }

  info(row: EngineRow): EngineInfo {
    return this.engines.find(({ id }) => id === row.id)!;
  }

  /** Kills the server as a crash does, and starts another on its data. */
  async crash(): Promise<void> {
    this.rein.signal("SIGKILL");
    await this.rein.exited;
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rein?.[Symbol.asyncDispose]();
    await this.upstream.server.close();
    this.#remove();
  }

  #remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** One session with an engine. */
export class EngineScene {
  readonly mark = `mark-${token()}`;
  readonly cwd: string;
  id: string | undefined;

  constructor(
    readonly lab: EngineLab,
    readonly row: EngineRow,
    cwd?: string,
  ) {
    // Without the mark: the directory is in what some subagents are told, whose own mark is to be found.
    this.cwd = cwd ?? join(lab.directory, `work-${token()}`);
    mkdirSync(this.cwd, { recursive: true });
  }

  script(...answers: Step[][]): void {
    this.lab.upstream.script(this.mark, ...answers);
  }

  asked(): UpstreamRequest[] {
    return this.lab.upstream.asked(this.mark);
  }

  send(message: string, request: Partial<ChatRequest> = {}): Chat {
    const { row, id, cwd } = this;
    const first = { cwd, engine: row.id, provider: row.provider, model: row.model };
    const chat = this.lab.rein.chat({
      message: `${this.mark} ${message}`,
      permissions: "all",
      onDisconnect: "continue",
      ...(id === undefined ? first : { sessionId: id }),
      ...request,
    });
    return chat;
  }

  /** Sends the message and waits for the end of its run. */
  async turn(message: string, ...answers: Step[][]): Promise<Chat> {
    this.script(...answers);
    const chat = this.send(message);
    await this.begun(chat);
    await chat.ended;
    return chat;
  }

  async begun(chat: Chat): Promise<void> {
    await chat.until(({ type }) => type === "run-start");
    this.id = chat.session.id;
  }

  stop(named: { hard?: boolean; subagentId?: string } = {}): Promise<StopAnswer> {
    return this.lab.rein.stop(this.id!, named);
  }

  /** Waits for a call with an approval that has no reply, and gives it this one. */
  async reply(chat: Chat, reply: { decision: "once" } | { decision: "deny"; message: string }) {
    await chat.until(() => waiting(chat) !== undefined);
    const { id, digest } = waiting(chat)!.approval!;
    const body = reply.decision === "once" ? { ...reply, digest } : reply;
    await this.lab.rein.json(`/api/approvals/${id}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    return waiting(chat)?.approval;
  }

  session(): Promise<Session> {
    return this.lab.rein.session(this.id!);
  }

  async untilSession(holds: (session: Session) => boolean, what: string): Promise<void> {
    await untilAsync(async () => holds(await this.session()), what);
  }
}

function waiting({ session }: Chat): ToolCallPart | undefined {
  return session.messages
    .flatMap(toolCallsOf)
    .find(({ approval, state }) => approval && !approval.reply && state === "waiting");
}
