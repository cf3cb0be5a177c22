/** One request to a Rein server, with the credential and the name of the client, and what its failure means. */
import { nodeHeader, type StopClient, wireHeader } from "../shared/protocol";
import { fetchCounted, type OnProgress } from "./upload-fetch";

/** Read anew for each request: a getter may change what it gives. */
export interface ReinOptions {
  /** Where the server is, without a slash at the end; empty in a page that it serves. */
  url: string;
  /** The script token or the credential of a sign-in; null without one. */
  credential: string | null;
  /** What a stop names as the place that it came from; "api" when absent. */
  client?: StopClient;
  /** The machine of a cluster that answers what names no session; absent for any. */
  node?: string | undefined;
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Called with every answer, before it is read. */
  onAnswer?: (answer: { path: string; response: Response; shown: string | null }) => void;
}

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
    /** The machine of a cluster that was not reached, when that is why. */
    readonly node?: string,
  ) {
    super(message, options);
  }
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Transport {
  /** Resolves with the answer, parsed; throws an ApiError, or the signal's reason. */
  call: <Answer = unknown>(
    method: Method,
    path: string,
    body: unknown,
    signal: AbortSignal,
  ) => Promise<Answer>;
  /** The same, and says how much of the content has been sent. */
  send: <Answer = unknown>(
    path: string,
    content: Blob,
    onProgress: OnProgress | undefined,
    signal: AbortSignal,
  ) => Promise<Answer>;
  /** The same, with the answer as it is: a stream, or a file. */
  open: (method: Method, path: string, body: unknown, signal: AbortSignal) => Promise<Response>;
}

export function createTransport(options: ReinOptions): Transport {
  async function open(
    method: Method,
    path: string,
    body: unknown,
    signal: AbortSignal,
    onProgress?: OnProgress,
  ) {
    const response = await reach(options, { method, path, body, onProgress }, signal);
    if (response.ok) return response;
    throw await failureOf(response, signal);
  }

  return {
    open,
    async call<Answer>(method: Method, path: string, body: unknown, signal: AbortSignal) {
      return parsed<Answer>(await open(method, path, body, signal), signal);
    },
    async send<Answer>(
      path: string,
      content: Blob,
      onProgress: OnProgress | undefined,
      signal: AbortSignal,
    ) {
      return parsed<Answer>(await open("POST", path, content, signal, onProgress), signal);
    },
  };
}

async function parsed<Answer>(response: Response, signal: AbortSignal): Promise<Answer> {
  const text = await textOf(response, signal);
  try {
    return JSON.parse(text) as Answer;
  } catch (error) {
    throw new ApiError(response.status, "unknown", "What answers is not Rein.", { cause: error });
  }
}

/** Whether the server itself refused the credential. A proxy's own 401 says nothing of it. */
export function isCredentialRefused(response: Response): boolean {
  return response.status === 401 && response.headers.has(wireHeader);
}

interface ReachedRequest {
  method: Method;
  path: string;
  body: unknown;
  onProgress: OnProgress | undefined;
}

async function reach(
  options: ReinOptions,
  { method, path, body, onProgress }: ReachedRequest,
  signal: AbortSignal,
): Promise<Response> {
  const { url, credential: shown, client = "api", node, onAnswer } = options;
  const { fetch = globalThis.fetch } = options;
  const headers: Record<string, string> = { "X-Rein-Client": client };
  if (shown !== null) headers["Authorization"] = `Bearer ${shown}`;
  if (node !== undefined) headers[nodeHeader] = node;
  const isRaw = body instanceof Blob;
  if (body !== undefined && !isRaw) headers["Content-Type"] = "application/json";
  const sent = isRaw ? body : JSON.stringify(body);
  try {
    // Through its cache, Firefox keeps a second tab's request waiting until the same stream of the first has ended.
    const init: RequestInit = { method, headers, body: sent, signal, cache: "no-store" };
    const response =
      isRaw && onProgress !== undefined
        ? await fetchCounted(fetch, url + path, { ...init, body, signal }, onProgress)
        : await fetch(url + path, init);
    onAnswer?.({ path, response, shown });
    return response;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new ApiError(0, "unreachable", "Rein’s server cannot be reached. Is it still running?", {
      cause: error,
    });
  }
}

/** Throws as `call`: the server may end in the middle of its answer. */
async function textOf(response: Response, signal: AbortSignal): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const words = "The connection to Rein’s server broke in the middle of its answer.";
    throw new ApiError(0, "unreachable", words, { cause: error });
  }
}

async function failureOf(response: Response, signal: AbortSignal): Promise<ApiError> {
  const text = await textOf(response, signal);
  try {
    const { error } = JSON.parse(text) as {
      error: {
        code: string;
        message: string;
        run?: { sessionId: string; runId: string };
        node?: string;
      };
    };
    const { code, message, run, node } = error;
    return new ApiError(response.status, code, message, undefined, run, node);
  } catch {
    // Not Rein's own answer: a proxy answered.
    return new ApiError(response.status, "unknown", `The server answered ${response.status}.`);
  }
}
