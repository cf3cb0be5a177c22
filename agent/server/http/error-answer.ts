/** Failed requests: the one shape of their answer, a line in the log, and their count. */
import type { Context, MiddlewareHandler } from "hono";
import { z } from "zod";
import { defined } from "../../shared/defined";
import { EntriesGoneError } from "../access/shared-entries";
import { log } from "../log";
import type { ServerMetrics } from "../metrics/server-metrics";
import { wantsUiStream } from "./ui-stream/ui-follow";
import { DamagedSessionError, describeStorageError, StoreFullError } from "../store/storage-errors";
import type { ErrorCode, StatusOf } from "./error-codes";
import { HttpError } from "./http-error";
import { inputWords } from "../../shared/input-words";
import { peerOf } from "./peer";

declare module "hono" {
  interface ContextVariableMap {
    /** Why the request failed, for the log. */
    failure?: { code: string; error?: Error };
    /** The body as it was read. */
    input?: unknown;
  }
}

/** The answer to a request that is refused or has failed. */
export function answerFailure<Code extends ErrorCode>(
  c: Context,
  status: StatusOf<Code>,
  code: Code,
  message: string,
  error?: Error,
  about: Partial<Pick<HttpError, "run" | "node">> = {},
): Response {
  c.set("failure", { code, ...(error && { error }) });
  // The AI SDK shows people the body as it is.
  if (wantsUiStream(c)) return c.text(message, status);
  const isApi = c.req.path.startsWith("/api/");
  return isApi
    ? c.json({ error: defined({ code, message, run: about.run, node: about.node }) }, status)
    : c.text(`${message}\n`, status);
}

/** What the error says is for the log: it may name files of the installation. */
const internalWords = "Internal error. The server’s log says more.";

/** Nobody reads it: nginx's word in logs and metrics for a client that has closed the connection. */
const clientClosed = 499;

export function answerError(error: Error, c: Context): Response {
  const { signal } = c.req.raw;
  if (signal.aborted && error === signal.reason)
    return new Response(null, { status: clientClosed });
  if (error instanceof HttpError)
    return answerFailure(c, error.status, error.code, error.message, undefined, error);
  if (error instanceof z.ZodError) {
    const given = c.get("input") === undefined ? c.req.query() : c.get("input");
    return answerFailure(c, 400, "input", inputWords(error, given));
  }
  // Asked again, it would say the same.
  if (error instanceof DamagedSessionError)
    return answerFailure(c, 422, "damaged", error.message, error);
  if (error instanceof StoreFullError)
    return answerFailure(c, 507, "storage-full", error.message, error);
  if (error instanceof EntriesGoneError)
    return answerFailure(c, 503, "unshared", error.message, error);
  const storageError = describeStorageError(error);
  if (storageError !== undefined) return answerFailure(c, 503, "storage", storageError, error);
  return answerFailure(c, 500, "internal", internalWords, error);
}

/** Refused tokens, hosts and origins are logged at most so often: a flood of them must not fill the disk. */
const maxRefusedPerMinute = 20;

/** Logs and counts what the inner handlers answer with a status from 400 on. */
export function observeFailures(metrics: ServerMetrics): MiddlewareHandler {
  let minute = { at: 0, refused: 0 };

  return async (c, next) => {
    const begun = performance.now();
    await next();
    const { status } = c.res;
    if (status < 400) return;
    metrics.requestFailed(status);
    const { code, error: err } = c.get("failure") ?? {};
    const ms = Math.round(performance.now() - begun);
    // Without the query: people may take it for the place of a token.
    const facts = defined({ method: c.req.method, path: c.req.path, status, code, ms, err });
    if (status >= 500) log.error(facts, "A request failed");
    else if (status === 401 || status === 403) warn(facts, peerOf(c)?.address);
    else log.debug(facts, "A request was not accepted");
  };

  function warn(facts: object, peer: string | undefined): void {
    const at = Math.floor(Date.now() / 60_000);
    if (at !== minute.at) minute = { at, refused: 0 };
    minute.refused++;
    if (minute.refused > maxRefusedPerMinute) return;
    const isLast = minute.refused === maxRefusedPerMinute;
    const words = isLast ? "; more of them are not logged in this minute" : "";
    log.warn({ ...facts, peer }, `A request was refused${words}`);
  }
}
