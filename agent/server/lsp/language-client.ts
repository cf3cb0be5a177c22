/** One language server of a session: it is started, told of the texts of files, and asked what is wrong with them. */
import { pathToFileURL } from "node:url";
import type { LanguageServer } from "../../shared/protocol";
import { abortable, link } from "../abort";
import { openOrStop, startChild } from "../engines/engine-child";
import { JsonRpc, noSuchMethod, RpcError, type RpcRequest } from "../engines/json-rpc";
import { log } from "../log";
import type { Jobs } from "../processes/jobs";
import { ContentLength } from "./content-length";
import type { FileReport } from "./diagnostics-text";
import { configurationParams, initializeResult, published, pulled } from "./lsp-schemas";
import { OpenDocument, pathOf } from "./open-document";
import { readForServer } from "./read-for-server";

export interface ClientPlace {
  jobs: Jobs;
  sessionId: string;
  cwd: string;
  /** Of the project. */
  root: string;
}

/** It has this long to start; an edit waits no longer than the settings say. */
const startMs = 60_000;
/** So many files it is told of at once; of the oldest it is told that it is closed. */
const mostDocuments = 100;
/** One that does not say of which version it speaks may say more within this time. */
const quietMs = 300;

interface Opened {
  rpc: JsonRpc;
  /** It is asked about a file, in the place of waiting for what it says by itself. */
  isAsked: boolean;
}

export class LanguageClient {
  readonly place: ClientPlace;
  readonly #server: LanguageServer;
  readonly #documents = new Map<string, OpenDocument>();
  readonly #controller = new AbortController();
  /** Never rejects: a start that failed is its error. */
  readonly #opened: Promise<Opened | Error>;
  #stopped: Promise<unknown> = Promise.resolve();
  /** Why it is over. */
  #failure: Error | undefined;

  /** Starts it. */
  constructor(server: LanguageServer, place: ClientPlace) {
    this.#server = server;
    this.place = place;
    this.#opened = this.#open().catch((error: unknown) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      return this.#failure;
    });
  }

  /** It could not be started, or has ended: why. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /**
   * Tells it of the files as they are now, and resolves with what it says of them until the signal aborts. Throws what ended
   * the server, and nothing else.
   */
  async diagnose(paths: readonly string[], signal: AbortSignal): Promise<FileReport[]> {
    const unsaid = paths.map((path) => ({ path }));
    const opened = await abortable(this.#opened, signal).catch(() => undefined);
    if (opened === undefined) return unsaid;
    if (opened instanceof Error) throw opened;
    using waiting = link(signal);
    const over = this.#controller.signal;
    const onOver = () => waiting.controller.abort();
    over.addEventListener("abort", onOver);
    try {
      const own = waiting.controller.signal;
      await this.#refreshOthers(opened.rpc, paths, own);
      const reports = await Promise.all(paths.map((path) => this.#diagnoseOne(opened, path, own)));
      if (this.#failure) throw this.#failure;
      return reports;
    } finally {
      over.removeEventListener("abort", onOver);
    }
  }

  /** Ends it. Resolves when its processes are proven dead; never rejects. */
  async end(): Promise<void> {
    this.#over(new Error("It was ended."));
    await this.#opened;
    await this.#stopped;
  }

  /** The first reason counts. Nothing waits for it any more. */
  #over(failure: Error): void {
    this.#failure ??= failure;
    this.#controller.abort(this.#failure);
  }

  /** Commands and hooks may have changed or removed the others that it was told of, and it reads them no more from the disk. */
  async #refreshOthers(rpc: JsonRpc, paths: readonly string[], signal: AbortSignal): Promise<void> {
    const others = [...this.#documents].filter(([path]) => !paths.includes(path));
    await Promise.all(
      others.map(async ([path, document]) => {
        const read = await readForServer(path, signal).catch(() => undefined);
        if (signal.aborted || this.#documents.get(path) !== document) return;
        if (read === undefined || "skipped" in read) this.#close(rpc, path);
        else if (!document.has(read.text)) this.#tell(rpc, path, read.text);
      }),
    );
  }

  async #diagnoseOne(opened: Opened, path: string, signal: AbortSignal): Promise<FileReport> {
    try {
      const text = await readForServer(path, signal);
      if ("skipped" in text) return this.#forget(opened.rpc, path, text.skipped);
      const document = this.#tell(opened.rpc, path, text.text);
      if (opened.isAsked) {
        const params = { textDocument: { uri: document.uri } };
        const answer = await opened.rpc.request("textDocument/diagnostic", params, pulled, signal);
        return { path, problems: answer.items };
      }
      return { path, ...(await document.said(quietMs, signal)) };
    } catch (err) {
      // In time it says nothing; where it has ended, its failure says so.
      if (signal.aborted || this.#failure !== undefined) return { path };
      log.info({ err, server: this.#server.name }, "A language server did not answer");
      const words =
        err instanceof RpcError ? `it answered: ${err.message}` : "it could not be asked";
      return { path, skipped: words };
    }
  }

  /** The whole text, as a new version. */
  #tell(rpc: JsonRpc, path: string, text: string): OpenDocument {
    const known = this.#documents.get(path);
    const document = known ?? new OpenDocument(path);
    const { uri } = document;
    const version = document.change(text);
    this.#documents.delete(path);
    this.#documents.set(path, document);
    if (known === undefined) {
      const { languageId } = this.#server;
      rpc.notify("textDocument/didOpen", { textDocument: { uri, languageId, version, text } });
    } else
      rpc.notify("textDocument/didChange", {
        textDocument: { uri, version },
        contentChanges: [{ text }],
      });
    rpc.notify("textDocument/didSave", { textDocument: { uri } });
    // Its other files may name this one, which may be new.
    const type = known === undefined ? created : changed;
    rpc.notify("workspace/didChangeWatchedFiles", { changes: [{ uri, type }] });
    for (const oldest of this.#documents.keys()) {
      if (this.#documents.size <= mostDocuments) break;
      this.#close(rpc, oldest);
    }
    return document;
  }

  #forget(rpc: JsonRpc, path: string, skipped: string): FileReport {
    this.#close(rpc, path);
    return { path, skipped };
  }

  #close(rpc: JsonRpc, path: string): void {
    const document = this.#documents.get(path);
    if (document === undefined) return;
    this.#documents.delete(path);
    rpc.notify("textDocument/didClose", { textDocument: { uri: document.uri } });
  }

  async #open(): Promise<Opened> {
    const { jobs, sessionId, cwd } = this.place;
    const { name, command, args } = this.#server;
    using starting = link(this.#controller.signal);
    const late = new Error(`It was not ready within ${startMs / 1000} s.`);
    const timer = setTimeout(() => starting.controller.abort(late), startMs);
    try {
      const { signal } = starting.controller;
      const child = await startChild(
        jobs,
        {
          name: `language server ${name}`,
          command: [command, ...args],
          cwd,
          env: {},
          owner: { sessionId },
          isLanguageServer: true,
          framing: new ContentLength(),
        },
        this.#controller.signal,
      );
      this.#stopped = child.ended;
      const rpc = new JsonRpc(child, {
        name: `The language server ${name}`,
        saysVersion: true,
        onRequest: async (request) => this.#answer(request),
        onNotice: (method, params) => this.#hear(method, params),
      });
      rpc.ended
        .then((error) => this.#over(error))
        .catch((err: unknown) => log.error({ err }, "The end of a language server was lost"));
      return await openOrStop(child, () => this.#initialize(rpc, signal), signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async #initialize(rpc: JsonRpc, signal: AbortSignal): Promise<Opened> {
    const uri = pathToFileURL(this.place.root).href;
    const params = {
      // It lives as long as its job: it is not to watch Rein, whose id it cannot see in a sandbox.
      processId: null,
      clientInfo: { name: "Rein" },
      rootUri: uri,
      workspaceFolders: [{ uri, name: "project" }],
      capabilities,
    };
    const result = await rpc.request("initialize", params, initializeResult, signal);
    rpc.notify("initialized", {});
    const { diagnosticProvider } = result.capabilities;
    return { rpc, isAsked: typeof diagnosticProvider === "object" && diagnosticProvider !== null };
  }

  /** It changes nothing here, and asks nobody. */
  #answer({ method, params }: RpcRequest): unknown {
    switch (method) {
      case "workspace/configuration": {
        const asked = configurationParams.safeParse(params);
        return asked.success ? asked.data.items.map(() => null) : [];
      }
      case "workspace/applyEdit":
        return { applied: false, failureReason: "Rein takes no edits of language servers." };
      case "workspace/workspaceFolders":
        return [{ uri: pathToFileURL(this.place.root).href, name: "project" }];
      case "window/showMessageRequest":
      case "window/workDoneProgress/create":
      case "workspace/diagnostic/refresh":
      case "client/registerCapability":
      case "client/unregisterCapability":
        return null;
      default:
        throw new RpcError(noSuchMethod, "Rein does not do this.");
    }
  }

  #hear(method: string, params: unknown): void {
    if (method !== "textDocument/publishDiagnostics") return;
    const parsed = published.safeParse(params);
    const path = parsed.success ? pathOf(parsed.data.uri) : undefined;
    if (!parsed.success || path === undefined) return;
    const { version, diagnostics } = parsed.data;
    this.#documents.get(path)?.hear(version ?? undefined, diagnostics);
  }
}

/** Kinds of changes of a file. */
const created = 1;
const changed = 2;

const capabilities = {
  general: { positionEncodings: ["utf-16"] },
  textDocument: {
    synchronization: { didSave: true },
    publishDiagnostics: { versionSupport: true },
    diagnostic: {},
  },
  // Not that it hears of every change: one with a watcher of its own keeps that.
  workspace: { configuration: true, workspaceFolders: true },
};
