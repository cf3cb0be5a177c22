/** Reads the body of an answer up to a bound that holds for what it unpacks to, too. */
import { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { ToolError } from "../tool";

/** What `boundedBody` can unpack. */
export const acceptedEncodings = "gzip, deflate, br";

export interface Body {
  bytes: Buffer;
  /** There was more than the bound. */
  isCut: boolean;
}

/**
 * Of an answer that was fetched with `decompress: false`. What is beyond `maxBytes` is not read. Throws ToolError on an
 * encoding that is not known or damaged, and what the connection throws.
 */
export async function boundedBody(response: Response, maxBytes: number): Promise<Body> {
  if (response.body === null) return { bytes: Buffer.alloc(0), isCut: false };
  const raw = Readable.from(response.body);
  const unpacker = unpackerOf(response.headers.get("content-encoding"));
  if (unpacker) raw.on("error", (error) => unpacker.destroy(error)).pipe(unpacker);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of (unpacker ?? raw) as AsyncIterable<Uint8Array>) {
      chunks.push(Buffer.from(chunk));
      size += chunk.length;
      if (size > maxBytes) break;
    }
  } finally {
    raw.destroy();
    unpacker?.destroy();
  }
  return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), isCut: size > maxBytes };
}

function unpackerOf(encoding: string | null) {
  switch (encoding?.trim().toLowerCase() ?? "") {
    case "":
    case "identity":
      return undefined;
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
    default:
      throw new ToolError("The answer is packed in a way that was not asked for.");
  }
}
