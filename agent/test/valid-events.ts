/** Holds what a server sends against the schemas that programs are given: an unknown field or type is a fault. */
import { z } from "zod";
import { listEvent, sessionEvent } from "../shared/answers/event-shapes";
import { session } from "../shared/answers/session-shapes";

/** Throws when the frame of an event stream is not as its schema says. */
export function checkEvent(frame: object): void {
  check("seq" in frame ? sessionEvent : listEvent, frame);
}

/** Throws when the session of an answer is not as its schema says. */
export function checkSession(answered: unknown): void {
  check(session, answered);
}

function check(schema: z.ZodType, given: unknown): void {
  const { error } = schema.safeParse(given);
  if (error === undefined) return;
  const words = z.prettifyError(error);
  throw new Error(`${words}\nin ${JSON.stringify(given)}`);
}
