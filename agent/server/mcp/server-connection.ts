/** One connection to an MCP server, from its start to its proven end. What the server says is bounded and only read. */
import type { Client, Progress, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { z } from "zod";
import { ellipsized } from "../../shared/truncate";
import { abortable, neverAborts, settledOrAborted, within } from "../abort";
import { log } from "../log";
import type { JobEnd } from "../processes/jobs";
import type { ConfiguredServer } from "./configured-server";
import { failureWords, progressWords } from "./connection-words";
import { McpError, SessionLostError } from "./mcp-error";
import { offeredTools, type OfferedTools } from "./offered-tools";
import { createClient } from "./open-client";
import { type ConnectionPlace, openTransport } from "./open-transport";
import { isOfProgram, isSessionLost, isUnauthorized } from "./sdk-errors";
import type { ServerProgram } from "./stdio-transport";
import { type CallAnswer, callAnswer, page } from "./wire-schemas";

/** A call may be silent for so long. */
const silentMs = 10 * 60_000;
/** A server over HTTP is told of the end, and not waited for longer. */
const farewellMs = 1_000;
const mostPages = 20;

type State = "starting" | "ready" | "sign-in" | "failed" | "ended";

export class ServerConnection {
  configured: ConfiguredServer;
  /** Its start is over, whatever came of it. Never rejects. */
  readonly started: Promise<void>;
  state: State = "starting";
  /** Why it failed, or what cannot be used, as a sentence. */
  reason: string | undefined;
  offered: OfferedTools = { tools: [], unusable: [] };
  /** How many it offers. */
  prompts = 0;
  resources = 0;
  /** It worked before it failed. */
  wasReady = false;
  /** A turn has waited for its start as long as one does. */
  wasWaitedFor = false;
  openCalls = 0;
  readonly #place: ConnectionPlace;
  readonly #controller = new AbortController();
  #client: Client | undefined;
  #program: ServerProgram | undefined;
  #service: StreamableHTTPClientTransport | undefined;
  #problem: Error | undefined;
  #isListOld = false;
  #onUnused: (() => void) | undefined;
  #endedBy: "call" | "other" | undefined;
  #ending: Promise<JobEnd | undefined> | undefined;

  constructor(configured: ConfiguredServer, place: ConnectionPlace) {
    this.configured = configured;
    this.#place = place;
    this.started = this.#start();
  }

  get isOver(): boolean {
    return this.state === "failed" || this.state === "ended" || this.state === "sign-in";
  }

  /** Over a program, whose end can be proven. */
  get isProgram(): boolean {
    return this.configured.server.type === "stdio";
  }

  /**
   * Resolves with the server's answer. Rejects at once with the signal's reason when that aborts, once the server was told; else
   * with McpError.
   */
  async call(
    name: string,
    input: Record<string, unknown>,
    onProgress: (words: string) => void,
    signal: AbortSignal,
  ): Promise<CallAnswer> {
    const { callTimeoutMs } = this.configured;
    return this.request("tools/call", { name, arguments: input }, callAnswer, signal, {
      timeout: callTimeoutMs ?? silentMs,
      resetTimeoutOnProgress: callTimeoutMs === undefined,
      onprogress: ({ progress, total, message }: Progress) =>
        onProgress(progressWords(progress, total, message)),
    });
  }

  /** The same for any request. */
  async request<T>(
    method: string,
    params: Record<string, unknown>,
    schema: z.ZodType<T>,
    signal: AbortSignal,
    options: object = { timeout: this.#place.startMs },
  ): Promise<T> {
    signal.throwIfAborted();
    const client = this.#client;
    if (client === undefined || this.state !== "ready") throw new McpError(this.#notThere());
    this.openCalls++;
    try {
      return await this.#ask(client, method, params, schema, { ...options, signal });
    } finally {
      if (--this.openCalls === 0) this.#onUnused?.();
    }
  }

  /** Reads its list of tools anew where the server has said that it changed. Never rejects. */
  async refresh(): Promise<void> {
    if (!this.#isListOld || this.state !== "ready") return;
    this.#isListOld = false;
    try {
      await this.#readTools(this.#controller.signal);
    } catch (error) {
      // What it has said before still stands.
      const reason = this.#words(error);
      log.warn({ reason }, "A changed list of tools could not be read");
    }
  }

  /** Things of a list in pages, none of which was read. Throws McpError or the signal's reason. */
  async list(
    kind: "tools" | "prompts" | "resources",
    most: number,
    signal: AbortSignal,
  ): Promise<unknown[]> {
    const client = this.#client;
    if (client === undefined) throw new McpError(this.#notThere());
    if (client.getServerCapabilities()?.[kind] === undefined) return [];
    const all: unknown[] = [];
    let cursor: string | undefined;
    for (let count = 0; count < mostPages && all.length < most; count++) {
      const options = { signal, timeout: this.#place.startMs };
      const answer = await this.#ask(client, `${kind}/list`, { cursor }, page, options);
      all.push(...(answer[kind] ?? []));
      if (answer.nextCursor === undefined || answer.nextCursor === cursor) break;
      cursor = answer.nextCursor;
    }
    return all.slice(0, most);
  }

  /**
   * Ends it: a program with all that it has started, proven; a service is told. `by` a call that was stopped: others that are
   * open say so. A program may clean up until `hardSignal` aborts. Resolves with the end of a program; never rejects. The first
   * end counts.
   */
  async end(
    by: "call" | "other",
    hardSignal: AbortSignal = neverAborts,
  ): Promise<JobEnd | undefined> {
    this.#endedBy ??= by;
    this.#ending ??= this.#endNow();
    await settledOrAborted(this.#ending, hardSignal);
    if (hardSignal.aborted) await this.#program?.stop("hard");
    return this.#ending;
  }

  /** The same, as soon as no call is open. */
  async endAfterCalls(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onUnused = resolve;
    if (this.openCalls > 0) await promise;
    await this.end("other");
  }

  async #endNow(): Promise<JobEnd | undefined> {
    const wasReady = this.state === "ready";
    if (!this.isOver) this.state = "ended";
    const stopping = this.#program?.stop("polite");
    if (wasReady && this.#service)
      await within(farewellMs, this.#service.terminateSession().catch(ignoreFarewell), neverAborts);
    this.#controller.abort(new McpError(`${this.configured.name} was ended.`));
    await this.started;
    await this.#client?.close().catch(ignoreFarewell);
    return stopping ?? this.#program?.stop("hard");
  }

  async #start(): Promise<void> {
    const { name } = this.configured;
    const { signal } = this.#controller;
    const { startMs } = this.#place;
    const late = new McpError(`It did not answer within ${startMs / 1000} s of its start.`);
    const timer = setTimeout(() => this.#controller.abort(late), startMs);
    try {
      await abortable(this.#open(signal), signal);
      if (this.state === "starting") this.state = "ready";
      this.wasReady = true;
    } catch (error) {
      if (this.state === "starting") {
        const isForPerson = isUnauthorized(error) && this.configured.auth !== undefined;
        this.state = isForPerson ? "sign-in" : "failed";
        this.reason = this.#words(this.#problem ?? error);
        log.warn({ server: name, reason: this.reason }, "An MCP server could not be started");
      }
      await this.#program?.stop("hard");
      this.#client?.close().catch(ignoreFarewell);
    } finally {
      clearTimeout(timer);
    }
  }

  async #open(signal: AbortSignal): Promise<void> {
    const sdk = await import("@modelcontextprotocol/client");
    signal.throwIfAborted();
    const opened = await openTransport(sdk, this.configured, this.#place, signal);
    this.#service = opened.service;
    this.#program = opened.program;
    this.#program?.ended.then(() => this.#noteEnd()).catch(ignoreFarewell);
    signal.throwIfAborted();
    const client = createClient(sdk, {
      onError: (error) => (this.#problem ??= isOfProgram(error) ? error : undefined),
      onClose: () => this.#noteEnd(),
      onToolsChanged: () => (this.#isListOld = true),
    });
    this.#client = client;
    await client.connect(opened.transport, { signal, timeout: this.#place.startMs });
    await this.#readTools(signal);
    this.prompts = await this.#count("prompts", signal);
    this.resources = await this.#count("resources", signal);
  }

  /** One that cannot list them has none. */
  async #count(kind: "prompts" | "resources", signal: AbortSignal): Promise<number> {
    try {
      return (await this.list(kind, mostListed, signal)).length;
    } catch {
      signal.throwIfAborted();
      return 0;
    }
  }

  async #readTools(signal: AbortSignal): Promise<void> {
    this.#isListOld = false;
    const listed = await this.list("tools", mostListed, signal);
    this.offered = offeredTools(this.configured, listed);
    const { unusable } = this.offered;
    this.reason =
      unusable.length === 0 ? undefined : ellipsized(`Not usable: ${unusable.join("; ")}.`, 2_000);
  }

  async #ask<T>(
    client: Client,
    method: string,
    params: Record<string, unknown>,
    schema: z.ZodType<T>,
    options: { signal: AbortSignal } & object,
  ): Promise<T> {
    const { signal } = options;
    try {
      // It rejects by itself, too; this does not wait for what it does besides.
      const asked = client.request({ method, params } as never, schema as never, options);
      return (await abortable(asked as Promise<unknown>, signal)) as T;
    } catch (error) {
      signal.throwIfAborted();
      if (this.#endedBy === "call" && this.isProgram)
        throw new McpError(
          `${this.configured.name} was ended by a stop of another call. Call it again if you still need this.`,
        );
      if (isUnauthorized(error) && this.state === "ready") {
        this.state = "sign-in";
        this.reason = this.#words(error);
        this.end("other").catch(ignoreFarewell);
      }
      if (
        this.state === "ready" &&
        this.#service?.sessionId !== undefined &&
        isSessionLost(error)
      ) {
        this.#noteEnd(error);
        throw new SessionLostError(this.#words(error), { cause: error });
      }
      // A program that has died has its own reason, once its end is known.
      if (this.#program?.isDead) await this.#program.ended;
      throw new McpError(this.#words(this.#problem ?? error), { cause: error });
    }
  }

  /** Its program or its connection has ended by itself. */
  #noteEnd(why: unknown = new Error("It ended.")): void {
    if (this.state !== "ready") return;
    this.state = "failed";
    this.reason = this.#words(this.#problem ?? why);
    this.end("other").catch(ignoreFarewell);
  }

  #notThere(): string {
    if (this.#endedBy === "call")
      return `${this.configured.name} was ended by a stop of another call.`;
    return this.reason ?? `${this.configured.name} is not running.`;
  }

  #words(error: unknown): string {
    return failureWords(this.configured, error, this.#program);
  }
}

const mostListed = 1_000;

function ignoreFarewell(err: unknown): void {
  log.debug({ err }, "An MCP server was not told of the end");
}
