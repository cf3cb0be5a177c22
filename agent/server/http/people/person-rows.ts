/** A row of a person's list as the front takes it from their server, in an answer and in an event. */
import { z } from "zod";
import { listEvent } from "../../../shared/answers/event-shapes";
import { sessionSummary } from "../../../shared/answers/session-shapes";
import type { ListEvent, SessionSummary } from "../../../shared/protocol";
import { checkedList, longestChecked, longestRow } from "./read-rows";

const people = checkedList(sessionSummary.shape.people.unwrap().element).optional();

const isShort = (row: object) => JSON.stringify({ ...row, people: undefined }).length <= longestRow;

export const sessionRow: { row: z.ZodType<SessionSummary>; longest: number } = {
  row: sessionSummary.extend({ people }).refine(isShort),
  longest: longestChecked,
};

const changed = z.strictObject({ type: z.literal("session-changed"), summary: sessionRow.row });

/** Undefined: it is no event of a list. Throws where it is no JSON, or longer than any. */
export function readListEvent(text: string): ListEvent | undefined {
  if (text.length > longestChecked)
    throw new Error(`An event of more than ${longestChecked} characters`);
  const value: unknown = JSON.parse(text);
  const row = changed.safeParse(value).data;
  return row ?? (text.length > longestRow ? undefined : listEvent.safeParse(value).data);
}
