/** An answer of a node that is read before it is passed on, as far as that may be held. */

/** Of the longest session that is answered as one. */
const maxBytes = 64_000_000;

/** What answers does not end. */
export class TooLongError extends Error {
  constructor() {
    super(`It has sent more than ${maxBytes / 1_000_000} MB.`);
  }
}

/** Rejects with TooLongError, or as the connection does; what is left unread is for the caller to close. */
export async function readWhole(response: Response): Promise<string> {
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) throw new TooLongError();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > maxBytes) throw new TooLongError();
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
