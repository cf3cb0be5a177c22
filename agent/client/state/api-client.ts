/** The server's routes as functions: each resolves with the answer or throws an ApiError, whose message tells a person what to do. */
import { untrack } from "solid-js";
import {
  type ApprovalReply,
  type CommandsAnswer,
  type DirectoryFacts,
  type EarlierMessages,
  type EngineInfo,
  type FileRef,
  type ChangesAnswer,
  type Models,
  type Limits,
  type OneTimeToken,
  type PauseAnswer,
  type ProcessLook,
  type ProcessOutput,
  type ProjectRules,
  type ProviderTest,
  type Receipt,
  type SessionPatch,
  type SessionSummary,
  type SignInsAnswer,
  type StopAnswer,
  type StopRecord,
  type UndoAnswer,
  wireHeader,
} from "../../shared/protocol";
import type {
  ChatRequest,
  CommandsRequest,
  LimitsRequest,
  PauseRequest,
  ProviderTestRequest,
  QueuedPatchRequest,
  QueueRequest,
  ResumeRequest,
  RuleRequest,
  SessionPatchRequest,
  SessionStopRequest,
  SettingsRequest,
  UndoRequest,
} from "../../shared/requests";
import { credential, forgetCredential } from "./credential";
import { noteWireVersion } from "./page-version";

/** A call that failed. `status` is 0 when the server could not be reached at all. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    options?: ErrorOptions,
    /** The run that is in the way, when that is why. */
    readonly run?: { sessionId: string; runId: string },
  ) {
    super(message, options);
  }
}

export const api = {
  /** Without a valid credential too. With one, that is replaced. */
  signIn: (token: string, signal: AbortSignal) =>
    call<{ credential: string }>("POST", "/api/sign-in", { token }, signal),
  signIns: (signal: AbortSignal) => call<SignInsAnswer>("GET", "/api/sign-ins", undefined, signal),
  newSignInToken: (signal: AbortSignal) =>
    call<OneTimeToken>("POST", "/api/sign-ins/token", undefined, signal),
  signOut: (id: string, signal: AbortSignal) =>
    call("DELETE", `/api/sign-ins/${id}`, undefined, signal),
  confirmMissing: (signal: AbortSignal) =>
    call("DELETE", "/api/storage/missing", undefined, signal),
  signOutEverywhere: (signal: AbortSignal) => call("DELETE", "/api/sign-ins", undefined, signal),

  chat: (request: ChatRequest, signal: AbortSignal) =>
    open("POST", "/api/chat?list=1", request, signal),
  follow: (path: string, signal: AbortSignal) => open("GET", path, undefined, signal),

  /** Resolves when the run, subagent or tool call has settled. */
  stopSession: (id: string, request: SessionStopRequest, signal: AbortSignal) =>
    call<StopAnswer>("POST", `/api/sessions/${id}/stop`, request, signal),
  /** Stops a run by its id alone, even before the server knows it. */
  stopRun: (runId: string, signal: AbortSignal) => call("POST", "/api/stop", { runId }, signal),
  stopEverything: (signal: AbortSignal) =>
    call<{ answers: StopAnswer[]; processes: number }>("POST", "/api/stop", {}, signal),

  pause: (id: string, request: PauseRequest, signal: AbortSignal) =>
    call<PauseAnswer>("POST", `/api/sessions/${id}/pause`, request, signal),
  resume: (id: string, request: ResumeRequest, signal: AbortSignal) =>
    call<PauseAnswer>("POST", `/api/sessions/${id}/resume`, request, signal),
  askAgain: (id: string, request: { runId: string }, signal: AbortSignal) =>
    call("POST", `/api/sessions/${id}/ask-again`, request, signal),
  limits: (signal: AbortSignal) => call<Limits>("GET", "/api/limits", undefined, signal),
  saveLimits: (limits: LimitsRequest, signal: AbortSignal) =>
    call<Limits>("PUT", "/api/limits", limits, signal),
  commands: (signal: AbortSignal) =>
    call<CommandsAnswer>("GET", "/api/commands", undefined, signal),
  saveCommands: (change: CommandsRequest, signal: AbortSignal) =>
    call<CommandsAnswer>("PUT", "/api/commands", change, signal),
  queue: (id: string, request: QueueRequest, signal: AbortSignal) =>
    call("POST", `/api/sessions/${id}/queue`, request, signal),
  changeQueued: (id: string, messageId: string, change: QueuedPatchRequest, signal: AbortSignal) =>
    call("PATCH", `/api/sessions/${id}/queue/${messageId}`, change, signal),
  unqueue: (id: string, messageId: string, signal: AbortSignal) =>
    call("DELETE", `/api/sessions/${id}/queue/${messageId}`, undefined, signal),

  sessions: (signal: AbortSignal) =>
    call<{ sessions: SessionSummary[] }>("GET", "/api/sessions", undefined, signal),
  patchSession: (id: string, patch: SessionPatchRequest, signal: AbortSignal) =>
    call<SessionPatch>("PATCH", `/api/sessions/${id}`, patch, signal),
  deleteSession: (id: string, signal: AbortSignal) =>
    call("DELETE", `/api/sessions/${id}`, undefined, signal),
  earlier: (id: string, before: string, signal: AbortSignal) =>
    call<EarlierMessages>(
      "GET",
      `/api/sessions/${id}/messages?before=${before}`,
      undefined,
      signal,
    ),
  /** Resolves when the summary has begun. */
  compact: (id: string, signal: AbortSignal) =>
    call("POST", `/api/sessions/${id}/compact`, undefined, signal),
  undoSummary: (id: string, messageId: string, signal: AbortSignal) =>
    call("POST", `/api/sessions/${id}/summaries/${messageId}/undo`, undefined, signal),
  /** Resolves once all of it is on the server's disk. */
  upload: (content: Blob, signal: AbortSignal) =>
    call<Omit<FileRef, "name">>("POST", "/api/files", content, signal),
  /** What was attached and not sent. */
  removeFile: (hash: string, signal: AbortSignal) =>
    call("DELETE", `/api/files/${hash}`, undefined, signal),
  /** What a path answers, as it is. */
  download: (path: string, signal: AbortSignal) => open("GET", path, undefined, signal),

  changes: (id: string, runId: string, signal: AbortSignal) =>
    call<ChangesAnswer>("GET", `/api/sessions/${id}/runs/${runId}/changes`, undefined, signal),
  undo: (
    way: "undo" | "redo",
    id: string,
    runId: string,
    request: UndoRequest,
    signal: AbortSignal,
  ) => call<UndoAnswer>("POST", `/api/sessions/${id}/runs/${runId}/${way}`, request, signal),
  /** Tries again to end the processes that a stop could not end. */
  endSurvivors: (id: string, runId: string, signal: AbortSignal) =>
    call("POST", `/api/sessions/${id}/runs/${runId}/survivors/stop`, {}, signal),
  stops: (query: string, signal: AbortSignal) =>
    call<{ stops: StopRecord[] }>("GET", `/api/stops${query}`, undefined, signal),

  processes: (id: string, signal: AbortSignal) =>
    call<{ processes: ProcessLook[] }>("GET", `/api/sessions/${id}/processes`, undefined, signal),
  processOutput: (id: string, processId: string, after: number, signal: AbortSignal) =>
    call<ProcessOutput>(
      "GET",
      `/api/sessions/${id}/processes/${processId}/output?after=${after}`,
      undefined,
      signal,
    ),
  pinProcess: (id: string, processId: string, pinned: boolean, signal: AbortSignal) =>
    call("PATCH", `/api/sessions/${id}/processes/${processId}`, { pinned }, signal),
  stopProcess: (id: string, processId: string, signal: AbortSignal) =>
    call<Pick<Receipt, "survivors">>(
      "POST",
      `/api/sessions/${id}/processes/${processId}/stop`,
      {},
      signal,
    ),

  /** Takes back what a session was allowed "always". */
  takeBack: (id: string, ruleId: string, signal: AbortSignal) =>
    call("DELETE", `/api/sessions/${id}/allowed/${ruleId}`, undefined, signal),
  directory: (cwd: string, signal: AbortSignal) =>
    call<DirectoryFacts>("GET", `/api/directory?${inDirectory(cwd)}`, undefined, signal),
  rules: (cwd: string, signal: AbortSignal) =>
    call<ProjectRules>("GET", `/api/rules?${inDirectory(cwd)}`, undefined, signal),
  addRule: (request: RuleRequest, signal: AbortSignal) =>
    call<ProjectRules>("POST", "/api/rules", request, signal),
  removeRule: (cwd: string, id: string, signal: AbortSignal) =>
    call<ProjectRules>("DELETE", `/api/rules/${id}?${inDirectory(cwd)}`, undefined, signal),

  reply: (approvalId: string, reply: ApprovalReply, signal: AbortSignal) =>
    call("POST", `/api/approvals/${approvalId}`, reply, signal),
  engines: (signal: AbortSignal) => call<EngineInfo[]>("GET", "/api/engines", undefined, signal),
  models: (signal: AbortSignal) => call<Models>("GET", "/api/models", undefined, signal),
  /** The same, with what is known of a model that no list has. */
  modelsWith: (named: { provider: string; model: string }, signal: AbortSignal) =>
    call<Models>("GET", `/api/models?${new URLSearchParams(named)}`, undefined, signal),
  /** Nothing of it is saved. `signal` closes the connection to the service too. */
  testProvider: (id: string, entered: ProviderTestRequest, signal: AbortSignal) =>
    call<ProviderTest>("POST", `/api/providers/${id}/test`, entered, signal),
  saveSettings: (settings: SettingsRequest, signal: AbortSignal) =>
    call<Models>("PUT", "/api/settings", settings, signal),
};

function inDirectory(cwd: string): URLSearchParams {
  return new URLSearchParams({ cwd });
}

/** For calls that nothing else aborts: gives up on a server that does not answer. */
export function requestTimeout(timeoutMs = 30_000): AbortSignal {
  return AbortSignal.timeout(timeoutMs);
}

/** For a failure that the person need not be told. The caller says why. */
export function logFailure(what: string, error: unknown): void {
  console.warn(`${what}:`, error);
}

/** A failure as the page shows it. */
export function wordsFor(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  if (error instanceof DOMException && error.name === "TimeoutError")
    return "The server did not answer in time.";
  return error instanceof Error ? error.message : String(error);
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

async function call<Answer = unknown>(
  method: Method,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await open(method, path, body, signal);
  return (await response.json()) as Answer;
}

async function open(
  method: Method,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<Response> {
  const response = await reach(method, path, body, signal);
  if (response.ok) return response;
  throw await failureOf(response);
}

async function reach(
  method: Method,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<Response> {
  const headers: Record<string, string> = { "X-Rein-Client": "web" };
  const shown = untrack(credential);
  if (shown !== null) headers["Authorization"] = `Bearer ${shown}`;
  const isRaw = body instanceof Blob;
  if (body !== undefined && !isRaw) headers["Content-Type"] = "application/json";
  try {
    const sent = isRaw ? body : JSON.stringify(body);
    // Through its cache, Firefox keeps a second tab's request waiting until the same stream of the first has ended.
    const response = await fetch(path, { method, headers, body: sent, signal, cache: "no-store" });
    noteWireVersion(response.headers);
    // A proxy's own 401 says nothing of the credential.
    const isRefused = response.status === 401 && response.headers.has(wireHeader);
    if (isRefused && shown !== null && path !== "/api/sign-in") forgetCredential(shown);
    return response;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new ApiError(0, "unreachable", "Rein’s server cannot be reached. Is it still running?", {
      cause: error,
    });
  }
}

async function failureOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as {
      error: { code: string; message: string; run?: { sessionId: string; runId: string } };
    };
    return new ApiError(response.status, error.code, error.message, undefined, error.run);
  } catch {
    // Not Rein's own answer: a proxy answered.
    return new ApiError(response.status, "unknown", `The server answered ${response.status}.`);
  }
}
