/** What the SDK's errors tell: it exports their classes only with all else, which is loaded at the first use of a server. */

/** The service has refused the request, for it does not know the session that it began: many say so by 400, not by 404. */
export function isSessionLost(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== "SdkHttpError") return false;
  const { status, text } = (error as { data?: { status?: unknown; text?: unknown } }).data ?? {};
  return status === 404 || (status === 400 && typeof text === "string" && /session/i.test(text));
}

export function isUnauthorized(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === "UnauthorizedError";
}

/** What the lines of a program could not bear; other errors of the transport are lost messages. */
export function isOfProgram(error: Error): boolean {
  return error.name === "EngineError";
}
