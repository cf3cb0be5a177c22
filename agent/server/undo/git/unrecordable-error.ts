/** Why a directory is not recorded at all. */

/** The message says what it holds, for people. */
export class UnrecordableError extends Error {
  override readonly name = "Unrecordable";
}
