/**
 * Reads the body of a request whole before it goes out: its model is needed for the price, what a pause or a limit holds
 * must not hold a connection of the service, and a slow sender never has one.
 */
import { abortable } from "../abort";
import { BadAnswerError } from "../providers/bad-answer";
import { inflate } from "../providers/service-fetch";
import { gateBounds } from "./gate-bounds";
import { GateRefusal } from "./gate-refusal";
import { type RequestFacts, RequestScan } from "./request-scan";

export interface ReadBody {
  bytes: Uint8Array<ArrayBuffer>;
  facts: RequestFacts;
}

/** `hold` is told of every piece, and throws where no more may be held. Rejects with GateRefusal, or the signal's reason. */
export async function readBody(
  request: Request,
  hold: (bytes: number) => void,
  signal: AbortSignal,
): Promise<ReadBody> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;\s*charset="?utf-8"?)?\s*$/i.test(type))
    throw new GateRefusal("Only JSON passes to the model.", 415);
  const reader = inflated(request).getReader();
  const scan = new RequestScan();
  const chunks: Uint8Array[] = [];
  const late = AbortSignal.timeout(gateBounds.bodyMs);
  let length = 0;
  try {
    for (;;) {
      const { value, done } = await abortable(abortable(reader.read(), signal), late);
      if (done) break;
      length += value.length;
      if (length > gateBounds.bodyBytes)
        throw new GateRefusal(`A request of more than ${gateBounds.bodyBytes / 1e6} MB.`, 413);
      hold(value.length);
      scan.add(value);
      chunks.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {}); // what is left of it is not wanted
    signal.throwIfAborted();
    if (late.aborted) throw new GateRefusal("The request did not arrive in time.", 408);
    if (error instanceof GateRefusal) throw error;
    throw new GateRefusal("The request could not be read.");
  }
  const facts = scan.end();
  if (facts === undefined) throw new GateRefusal("The request is no JSON object that can be read.");
  return { bytes: Buffer.concat(chunks, length), facts };
}

function inflated({ body, headers }: Request): ReadableStream<Uint8Array> {
  try {
    return inflate(body ?? new Blob().stream(), headers.get("content-encoding") ?? "identity");
  } catch (error) {
    if (!(error instanceof BadAnswerError)) throw error;
    throw new GateRefusal("The request is compressed in a way that Rein does not read.", 415);
  }
}
