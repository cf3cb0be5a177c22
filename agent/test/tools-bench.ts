/** Shared by the tests of tools: a session with directories of its own, and calls as the tool runner makes them. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Attachments } from "../server/attachments/attachments";
import { BackgroundJobs } from "../server/background/background-jobs";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import { createTools } from "../server/tools/builtin";
import { type AskedApproval, permissionFor } from "../server/rules/permission";
import { Shells } from "../server/tools/bash/shells";
import { OutputFiles } from "../server/tools/outputs/output-files";
import type { FileKeeper, PreparedCall, Tool, ToolContext, ToolResult } from "../server/tools/tool";
import type { WebSettings } from "../shared/requests";
import { noUsage, type Session } from "../shared/protocol";
import { testJobs } from "./processes-bench";

const shared = testJobs();

/** Calls as the tool runner makes them, in one context. */
export class Caller {
  readonly controller = new AbortController();
  readonly context: ToolContext;
  readonly tools: Tool[];
  /** The output of the last call so far. */
  shown = "";
  /** What the last call has changed so far. */
  diff: string | undefined;

  constructor(tools: Tool[], context: Omit<ToolContext, "output" | "changed" | "emit">) {
    this.tools = tools;
    this.context = {
      ...context,
      output: (text) => void (this.shown += text),
      changed: (diff) => void (this.diff = (this.diff ?? "") + diff),
      emit: () => Promise.reject(new Error("these tools have no events of their own")),
    };
  }

  /** Validates and runs a call. Its streamed output and its result are joined, as by the runner. */
  async call(
    name: string,
    input: unknown,
  ): Promise<{ text: string; diff: string | undefined } & Pick<ToolResult, "files">> {
    this.shown = "";
    this.diff = undefined;
    const { output = "", ...rest } = await (await this.prepare(name, input)).run();
    return { text: this.shown + output, diff: this.diff, ...rest };
  }

  /** The error of a call that has to fail. */
  async failure(name: string, input: unknown): Promise<unknown> {
    return this.call(name, input).then(
      ({ text }) => Promise.reject(new Error(`it did not fail: ${text}`)),
      (error: unknown) => error,
    );
  }

  /** What a person would be asked before the call, if no rule and no permission of the session allowed it. */
  async permission(name: string, input: unknown): Promise<AskedApproval | undefined> {
    const { access } = await this.prepare(name, input);
    if (access === undefined) return undefined;
    const cwd = realpathSync(this.context.cwd);
    const found = permissionFor(access, { permissions: "ask", allowed: [] }, [], cwd, []);
    return found.is === "asked" ? found.approval : undefined;
  }

  /** The call as it is before its permission is given. */
  async prepare(name: string, input: unknown): Promise<PreparedCall> {
    const tool = this.tools.find((one) => one.name === name)!;
    return tool.prepare(tool.input.parse(input), this.context, this.controller.signal);
  }

  /** Another caller of the same session, with a signal of its own. */
  beside(changes: Partial<Pick<ToolContext, "cwd" | "subagentId">> = {}): Caller {
    return new Caller(this.tools, { ...this.context, ...changes });
  }
}

/** A caller in a session and directories of its own. */
export class ToolBench extends Caller implements Disposable {
  readonly cwd: string;
  readonly dataDir: string;
  /** The session in which the calls are made. */
  readonly session: Session;
  readonly background: BackgroundJobs;
  readonly shells: Shells;
  web: WebSettings = { allowedPrivate: [] };

  constructor(jobs = shared) {
    const cwd = realpathSync(mkdtempSync(join(tmpdir(), "rein-tools-")));
    const dataDir = mkdtempSync(join(tmpdir(), "rein-data-"));
    const sessions = new SessionRegistry(new Store(":memory:"));
    const { session } = sessions.create(newSession(cwd));
    const background = new BackgroundJobs(sessions, jobs, join(dataDir, "processes"));
    const shells = new Shells(join(dataDir, "shells"));
    const call = { runId: "run", toolCallId: "call", subagentId: undefined };
    const attachments = new Attachments(join(dataDir, "files"), new Set(), () => false);
    const files: FileKeeper = {
      whyNotTaken: (mediaType) =>
        mediaType === "application/pdf" ? "this model takes no PDFs" : undefined,
      keep: (content, signal) => attachments.add([content], signal),
      attached: () => [],
      read: (hash, signal) => attachments.read(hash, signal),
    };
    const { signal: hardSignal } = new AbortController();
    const unused = { progress: () => {}, hardSignal, limitReached: () => {}, stopped: () => {} };
    const outputs = new OutputFiles(join(dataDir, "outputs"), () => undefined);
    const seams = { outputs, readable: () => [], readsOnly: false, diagnose: async () => "" };
    const own = { cwd, sessionId: session.id, jobs, files, ...seams, ...unused };
    const services = { shells, background, web: () => this.web, proxies: () => ({}) };
    super(createTools(services), { ...own, ...call });
    this.cwd = cwd;
    this.dataDir = dataDir;
    this.session = session;
    this.background = background;
    this.shells = shells;
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(join(this.cwd, path)), { recursive: true });
    await writeFile(join(this.cwd, path), content);
  }

  read(path: string): Promise<string> {
    return readFile(join(this.cwd, path), "utf8");
  }

  [Symbol.dispose](): void {
    rmSync(this.cwd, { recursive: true, force: true });
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** The server's tools, to be inspected and not run. */
export function someTools(): Tool[] {
  using bench = new ToolBench();
  return bench.tools;
}

function newSession(cwd: string): Session {
  const now = Date.now();
  const session = {
    id: "session",
    title: "A session",
    cwd,
    provider: "demo",
    model: "demo",
    permissions: "all" as const,
    allowed: [],
    createdAt: now,
    updatedAt: now,
    messages: [],
    runs: [],
    queue: [],
    usage: noUsage,
    seq: 0,
  };
  return session;
}
