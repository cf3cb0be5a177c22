/** The routes of the server as functions: each resolves with the answer, or throws an ApiError or its signal's reason. */
import type {
  AllowedRule,
  ApprovalReply,
  BackgroundProcess,
  ClusterAnswer,
  RemovedNode,
  CommandsAnswer,
  DirectoryFacts,
  DirectoryFiles,
  EndedProcess,
  EngineInfo,
  FileRef,
  Hook,
  LanguageServer,
  ChangesAnswer,
  Models,
  Limits,
  MachineAnswer,
  Message,
  PauseAnswer,
  ProcessLook,
  ProcessOutput,
  ProjectRules,
  ProviderTest,
  SearchTest,
  Proof,
  Receipt,
  Session,
  StopAnswer,
  StopRecord,
  Survivor,
  UndoAnswer,
  UnreachedNode,
} from "../shared/protocol";
import type {
  AskAgainRequest,
  ChatRequest,
  CommandsRequest,
  HookSettings,
  LanguageServerSettings,
  LimitsRequest,
  PauseRequest,
  ProviderTestRequest,
  QueuedPatchRequest,
  QueueRequest,
  ResumeRequest,
  DirectoryFilesQuery,
  RuleRequest,
  SessionStopRequest,
  SettingsRequest,
  StopRequest,
  UndoRequest,
} from "../shared/requests";
import { createHookCalls } from "./hook-calls";
import { createMcpCalls } from "./mcp-calls";
import { inQuery, path } from "./path";
import { createProjectCalls } from "./project-calls";
import { createReviewCalls } from "./review-calls";
import type { Health, QueueAnswer, StopAnswers, UploadOptions } from "./route-answers";
import { createPeopleCalls } from "./people-calls";
import { createPushCalls } from "./push-calls";
import { createScheduleCalls } from "./schedule-calls";
import { createSessionCalls } from "./session-calls";
import type { Transport } from "./transport";

export type Routes = ReturnType<typeof createRoutes>;

export function createRoutes(transport: Transport) {
  const { call, send, open } = transport;
  return {
    ...createMcpCalls(transport),
    ...createPeopleCalls(transport),
    ...createProjectCalls(transport),
    ...createPushCalls(transport),
    ...createScheduleCalls(transport),
    ...createSessionCalls(transport),
    ...createHookCalls(transport),
    ...createReviewCalls(transport),
    confirmMissing: (signal: AbortSignal) =>
      call<{ confirmed: true }>("DELETE", "/api/storage/missing", undefined, signal),

    /** Answered before it begins: the runs settle (reason: shutdown), then the server ends. */
    shutDown: (signal: AbortSignal) =>
      call<{ shuttingDown: true; unsaved?: number }>("POST", "/api/shutdown", undefined, signal),

    /** Without a valid credential too. */
    health: (signal: AbortSignal) => call<Health>("GET", "/api/health", undefined, signal),

    /** The answer is a stream of events, as `readFrames` reads it. */
    openChat: (path: string, request: ChatRequest, signal: AbortSignal) =>
      open("POST", path, request, signal),
    openEvents: (path: string, signal: AbortSignal) => open("GET", path, undefined, signal),

    /** Resolves when the run, subagent or tool call has settled. */
    stopSession: (id: string, request: SessionStopRequest, signal: AbortSignal) =>
      call<StopAnswer>("POST", path`/api/sessions/${id}/stop`, request, signal),
    /** Stops a run by its id alone, even before the server knows it. */
    stopRun: (runId: string, signal: AbortSignal) =>
      call<StopAnswers>("POST", "/api/stop", { runId }, signal),
    /** `nodes`: only on these machines of a cluster. `before`: only what began before this time. */
    stopEverything: (signal: AbortSignal, only: Pick<StopRequest, "nodes" | "askedMsAgo"> = {}) =>
      call<StopAnswers & { processes: number }>("POST", "/api/stop", only, signal),

    pause: (id: string, request: PauseRequest, signal: AbortSignal) =>
      call<PauseAnswer>("POST", path`/api/sessions/${id}/pause`, request, signal),
    resume: (id: string, request: ResumeRequest, signal: AbortSignal) =>
      call<PauseAnswer>("POST", path`/api/sessions/${id}/resume`, request, signal),
    askAgain: (id: string, request: AskAgainRequest, signal: AbortSignal) =>
      call<{ asked: boolean }>("POST", path`/api/sessions/${id}/ask-again`, request, signal),
    limits: (signal: AbortSignal) => call<Limits>("GET", "/api/limits", undefined, signal),
    saveLimits: (limits: LimitsRequest, signal: AbortSignal) =>
      call<Limits>("PUT", "/api/limits", limits, signal),
    hooks: (signal: AbortSignal) => call<Hook[]>("GET", "/api/hooks", undefined, signal),
    saveHooks: (hooks: HookSettings, signal: AbortSignal) =>
      call<Hook[]>("PUT", "/api/hooks", hooks, signal),
    languageServers: (signal: AbortSignal) =>
      call<LanguageServer[]>("GET", "/api/language-servers", undefined, signal),
    saveLanguageServers: (servers: LanguageServerSettings, signal: AbortSignal) =>
      call<LanguageServer[]>("PUT", "/api/language-servers", servers, signal),
    /** The machines that work together, as the one that answers sees them. */
    cluster: (signal: AbortSignal) => call<ClusterAnswer>("GET", "/api/cluster", undefined, signal),
    /** Removes a machine of the cluster that is gone for good; refused while it runs. */
    removeNode: (name: string, signal: AbortSignal) =>
      call<RemovedNode>("DELETE", path`/api/cluster/nodes/${name}`, undefined, signal),
    /** What the server's machine allows, and for this directory of it. */
    machine: (cwd: string | undefined, signal: AbortSignal) =>
      call<MachineAnswer>(
        "GET",
        cwd === undefined ? "/api/machine" : path`/api/machine?${inDirectory(cwd)}`,
        undefined,
        signal,
      ),
    commands: (signal: AbortSignal) =>
      call<CommandsAnswer>("GET", "/api/commands", undefined, signal),
    saveCommands: (change: CommandsRequest, signal: AbortSignal) =>
      call<CommandsAnswer>("PUT", "/api/commands", change, signal),
    queue: (id: string, request: QueueRequest, signal: AbortSignal) =>
      call<QueueAnswer>("POST", path`/api/sessions/${id}/queue`, request, signal),
    changeQueued: (
      id: string,
      messageId: string,
      change: QueuedPatchRequest,
      signal: AbortSignal,
    ) => call<QueueAnswer>("PATCH", path`/api/sessions/${id}/queue/${messageId}`, change, signal),
    unqueue: (id: string, messageId: string, signal: AbortSignal) =>
      call<Pick<QueueAnswer, "queue">>(
        "DELETE",
        path`/api/sessions/${id}/queue/${messageId}`,
        undefined,
        signal,
      ),

    /** Resolves when the summary has begun, with its run. `unsaved`: why it cannot be saved now. */
    compact: (id: string, signal: AbortSignal) =>
      call<{ runId: string; unsaved?: string }>(
        "POST",
        path`/api/sessions/${id}/compact`,
        undefined,
        signal,
      ),
    undoSummary: (id: string, messageId: string, signal: AbortSignal) =>
      call<{ summary: NonNullable<Message["summary"]>; context?: NonNullable<Session["context"]> }>(
        "POST",
        path`/api/sessions/${id}/summaries/${messageId}/undo`,
        undefined,
        signal,
      ),
    /**
     * Resolves once all of it is on the server's disk: what a message names as one of its `files`, with a name. A file of the
     * disk is `Bun.file(path)`, or in Node `await fs.openAsBlob(path)`. The signal closes its connection, and nothing of it stays.
     */
    upload: (content: Blob, { sessionId, onProgress }: UploadOptions, signal: AbortSignal) =>
      send<Omit<FileRef, "name" | "mention">>(
        sessionId === undefined ? "/api/files" : path`/api/files?sessionId=${sessionId}`,
        content,
        onProgress,
        signal,
      ),
    /** What was attached and not sent. */
    removeFile: (hash: string, signal: AbortSignal) =>
      call<{ ok: true }>("DELETE", path`/api/files/${hash}`, undefined, signal),
    /** What a path answers, as it is: a file, an export, the metrics. */
    download: (path: string, signal: AbortSignal) => open("GET", path, undefined, signal),

    changes: (id: string, runId: string, signal: AbortSignal) =>
      call<ChangesAnswer>(
        "GET",
        path`/api/sessions/${id}/runs/${runId}/changes`,
        undefined,
        signal,
      ),
    undo: (
      way: "undo" | "redo",
      id: string,
      runId: string,
      request: UndoRequest,
      signal: AbortSignal,
    ) => call<UndoAnswer>("POST", path`/api/sessions/${id}/runs/${runId}/${way}`, request, signal),
    /** Tries again to end the processes that a stop could not end. */
    endSurvivors: (id: string, runId: string, signal: AbortSignal) =>
      call<{ receipt: Receipt }>(
        "POST",
        path`/api/sessions/${id}/runs/${runId}/survivors/stop`,
        {},
        signal,
      ),
    stops: (query: string, signal: AbortSignal) =>
      call<{ stops: StopRecord[]; unreached?: UnreachedNode[] }>(
        "GET",
        `/api/stops${query}`,
        undefined,
        signal,
      ),

    processes: (id: string, signal: AbortSignal) =>
      call<{ processes: ProcessLook[] }>(
        "GET",
        path`/api/sessions/${id}/processes`,
        undefined,
        signal,
      ),
    processOutput: (id: string, processId: string, after: number, signal: AbortSignal) =>
      call<ProcessOutput>(
        "GET",
        path`/api/sessions/${id}/processes/${processId}/output?after=${after}`,
        undefined,
        signal,
      ),
    pinProcess: (id: string, processId: string, pinned: boolean, signal: AbortSignal) =>
      call<{ process: BackgroundProcess }>(
        "PATCH",
        path`/api/sessions/${id}/processes/${processId}`,
        { pinned },
        signal,
      ),
    stopProcess: (id: string, processId: string, signal: AbortSignal) =>
      call<{ ended: EndedProcess[]; survivors: Survivor[]; proof: Proof }>(
        "POST",
        path`/api/sessions/${id}/processes/${processId}/stop`,
        {},
        signal,
      ),

    /** Takes back what a session was allowed "always". */
    takeBack: (id: string, ruleId: string, signal: AbortSignal) =>
      call<{ allowed: AllowedRule[] }>(
        "DELETE",
        path`/api/sessions/${id}/allowed/${ruleId}`,
        undefined,
        signal,
      ),
    /** Takes away the to-do list. */
    clearTodo: (id: string, signal: AbortSignal) =>
      call<{ cleared: boolean }>("DELETE", path`/api/sessions/${id}/todo`, undefined, signal),
    directory: (cwd: string, signal: AbortSignal) =>
      call<DirectoryFacts>("GET", path`/api/directory?${inDirectory(cwd)}`, undefined, signal),
    /** Its files and folders that match a few letters. Without `cwd`, the directory in which the server starts sessions. */
    directoryFiles: (request: DirectoryFilesQuery, signal: AbortSignal) =>
      call<DirectoryFiles>(
        "GET",
        path`/api/directory/files?${inQuery(request)}`,
        undefined,
        signal,
      ),
    rules: (cwd: string, signal: AbortSignal) =>
      call<ProjectRules>("GET", path`/api/rules?${inDirectory(cwd)}`, undefined, signal),
    addRule: (request: RuleRequest, signal: AbortSignal) =>
      call<ProjectRules>("POST", "/api/rules", request, signal),
    removeRule: (cwd: string, id: string, signal: AbortSignal) =>
      call<ProjectRules>("DELETE", path`/api/rules/${id}?${inDirectory(cwd)}`, undefined, signal),

    /** With its session, whose server is asked alone where each person has one of their own. */
    reply: (
      approval: string | { id: string; sessionId: string },
      reply: ApprovalReply,
      signal: AbortSignal,
    ) => {
      const { id, ...query } = typeof approval === "string" ? { id: approval } : approval;
      const asked = new URLSearchParams(query);
      return call<{ ok: true }>("POST", path`/api/approvals/${id}?${asked}`, reply, signal);
    },
    engines: (signal: AbortSignal) => call<EngineInfo[]>("GET", "/api/engines", undefined, signal),
    models: (signal: AbortSignal) => call<Models>("GET", "/api/models", undefined, signal),
    /** The same, with what is known of a model that no list has. */
    modelsWith: (named: { provider: string; model: string }, signal: AbortSignal) =>
      call<Models>("GET", path`/api/models?${new URLSearchParams(named)}`, undefined, signal),
    /** Nothing of it is saved. `signal` closes the connection to the service too. */
    testProvider: (id: string, entered: ProviderTestRequest, signal: AbortSignal) =>
      call<ProviderTest>("POST", path`/api/providers/${id}/test`, entered, signal),
    testSearch: (signal: AbortSignal) =>
      call<SearchTest>("POST", "/api/search/test", undefined, signal),
    saveSettings: (settings: SettingsRequest, signal: AbortSignal) =>
      call<Models>("PUT", "/api/settings", settings, signal),
  };
}

function inDirectory(cwd: string): URLSearchParams {
  return new URLSearchParams({ cwd });
}
