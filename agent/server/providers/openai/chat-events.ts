/** The events of a Chat Completions answer as JSON, in whichever framing a server sends them. */
import { APIError } from "openai";
import { z } from "zod";
import { BadAnswerError } from "../bad-answer";
import { bounds } from "../bounds";
import { readLines } from "../read-lines";

/** The server said `[DONE]`, or its answer was no stream and is whole. */
export const endOfEvents = Symbol("end of answer");

/**
 * Reads server-sent events as the standard has them (CRLF, no space after the colon, a byte order mark, an event over
 * several lines, no final newline), and also a line of JSON without a field, and an answer that is one JSON object.
 * What follows `[DONE]` is read and left out, so that the connection can be used again.
 * Throws SyntaxError for what is no JSON, BadAnswerError for too long an object, and APIError for an error in the middle. The body's own signal ends it.
 */
export async function* readEvents(body: ReadableStream<Uint8Array> | null): AsyncGenerator {
  let name = "";
  let data: string[] = [];
  let whole: string[] | undefined;
  let characters = 0;
  let begun = false;
  let ended = false;
  for await (const line of readLines(body)) {
    if (ended) continue;
    if (whole !== undefined) {
      characters += line.length + 1;
      if (characters > bounds.eventBytes)
        throw new BadAnswerError(`an event of more than ${bounds.eventBytes / 1e6} MB`);
      whole.push(line);
    } else if (line === "") {
      if (data.length > 0) yield parse(data.join("\n"), name);
      [name, data] = ["", []];
    } else if (line.startsWith("{")) {
      const parsed = tryParse(line);
      if (parsed !== undefined) yield refuseError(parsed, name);
      else if (!begun) whole = [line];
      begun = true;
    } else if (field(line, "event") !== undefined) name = field(line, "event")!;
    else {
      const piece = field(line, "data");
      if (piece === undefined) continue;
      begun = true;
      if (piece.trim() === "[DONE]") {
        ended = true;
        yield endOfEvents;
        continue;
      }
      // An event is one line nearly always, and some servers leave out the blank line after it.
      const parsed = data.length === 0 ? tryParse(piece) : undefined;
      if (parsed === undefined) data.push(piece);
      else yield refuseError(parsed, name);
    }
  }
  if (ended) return;
  if (data.length > 0) yield parse(data.join("\n"), name);
  if (whole === undefined) return;
  yield parse(whole.join("\n"), name);
  yield endOfEvents;
}

/** The value of the line's field when it has that name. */
function field(line: string, name: string): string | undefined {
  if (!line.startsWith(`${name}:`)) return undefined;
  const value = line.slice(name.length + 1);
  return value.startsWith(" ") ? value.slice(1) : value;
}

/** Undefined for what is no JSON. */
function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function parse(text: string, name: string): unknown {
  return refuseError(JSON.parse(text), name);
}

/** Services put the status of an error in the middle under one of these names, as a number or as text. */
const number = z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]).catch(0);
const errorDetails = z.object({
  message: z.string().optional().catch(undefined),
  code: number,
  status: number,
  status_code: number,
});
const failure = z.union([
  z.object({ error: z.union([z.string(), z.looseObject({})]) }),
  // As vLLM and Mistral write it.
  z.looseObject({ object: z.literal("error") }).transform((error) => ({ error })),
]);

/** The event, unless it is an error: the answer's own status was 200 then. */
function refuseError(event: unknown, name: string): unknown {
  if (typeof event !== "object" || event === null) return event;
  // A schema for each event of each answer costs more than all else of it.
  const mayBeError = "error" in event || ("object" in event && event.object === "error");
  const said = mayBeError ? failure.safeParse(event).data?.error : undefined;
  const error = said ?? (name === "error" ? event : undefined);
  if (error === undefined) return event;
  const { message, ...numbers } = errorDetails.safeParse(error).data ?? {};
  const status = Object.values(numbers).find((one) => one >= 400 && one <= 599);
  const details = typeof error === "string" ? { message: error } : error;
  throw new APIError(status, details as object, message, undefined);
}
