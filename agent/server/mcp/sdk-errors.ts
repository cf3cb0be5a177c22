/** What the SDK's errors tell: it exports their classes only with all else, which is loaded at the first use of a server. */

/** A service's answer; a status of 0 where the error tells of none. */
export function httpAnswer(error: unknown): { status: unknown; text: string } {
  if (!(error instanceof Error) || error.name !== "SdkHttpError") return { status: 0, text: "" };
  const { data } = error as { data?: { status?: unknown; text?: unknown } };
  const { status, text } = data ?? {};
  return { status, text: typeof text === "string" ? text : "" };
}

export function isUnauthorized(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === "UnauthorizedError";
}

/** What the lines of a program could not bear; other errors of the transport are lost messages. */
export function isOfProgram(error: Error): boolean {
  return error.name === "EngineError";
}
