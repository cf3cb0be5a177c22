/** A file that is not kept. `code`: "room" when too much waits to be sent; the message is for people. */
export class FileRefusedError extends Error {
  override readonly name = "FileRefusedError";

  constructor(
    readonly code: "size" | "type" | "room",
    message: string,
  ) {
    super(message);
  }
}
