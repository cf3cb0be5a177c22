/** The code of a failed system call: ENOENT, EACCES … */

/** Undefined for an error without a code. */
export function errorCode(error: unknown): string | undefined {
  const hasCode = error instanceof Error && "code" in error && typeof error.code === "string";
  return hasCode ? (error.code as string) : undefined;
}

/** The same where nothing but a system call can fail: an error without a code is a bug, and rethrown. */
export function systemErrorCode(error: unknown): string {
  const code = errorCode(error);
  if (code === undefined) throw error;
  return code;
}
