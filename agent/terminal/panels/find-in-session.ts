/** Finds words in what was said and done in the branch that a session shows, without regard to case. */
import { branchOf } from "../../shared/branches";
import { shownName } from "../../client/state/tool-input";
import type { Message, Part, Session } from "../../shared/protocol";

export interface Found {
  /** Of its own among what was found. */
  id: string;
  message: Message;
  part: Part;
  /** "You", the assistant, or the name of a tool. */
  who: string;
  /** The text that has it, and where. */
  text: string;
  at: number;
  /** The words around it. */
  before: string;
  match: string;
  after: string;
}

const mostFound = 500;
/** In characters. */
const around = 40;

/** The newest first; of more than 500 places the older are left out. */
export function findInSession(session: Session, query: string): Found[] {
  const wanted = query.trim().toLowerCase();
  const found: Found[] = [];
  if (wanted === "") return found;
  for (const message of branchOf(session).toReversed())
    for (const part of message.parts.toReversed())
      for (const text of textsOf(part)) {
        placesIn(text, wanted, (at) => found.push(foundAt(message, part, text, at, wanted.length)));
        if (found.length >= mostFound) return found.slice(0, mostFound);
      }
  return found;
}

function placesIn(text: string, wanted: string, add: (at: number) => void): void {
  const lower = text.toLowerCase();
  // A letter whose small form is longer would shift all that follows.
  const searched = lower.length === text.length ? lower : text;
  let count = 0;
  for (
    let at = searched.indexOf(wanted);
    at !== -1;
    at = searched.indexOf(wanted, at + wanted.length)
  ) {
    add(at);
    if (++count >= mostFound) return;
  }
}

function foundAt(message: Message, part: Part, text: string, at: number, length: number): Found {
  return {
    id: `${part.id} ${text.length} ${at}`,
    message,
    part,
    who: whoSaid(message, part),
    text,
    at,
    before: text.slice(Math.max(0, at - around), at),
    match: text.slice(at, at + length),
    after: text.slice(at + length, at + length + around * 2),
  };
}

function whoSaid({ role }: Message, part: Part): string {
  if (part.type === "tool-call") return shownName(part);
  if (part.type === "reasoning") return "Reasoning";
  return role === "user" ? "You" : "Answer";
}

function textsOf(part: Part): string[] {
  switch (part.type) {
    case "text":
    case "reasoning":
      return [part.text];
    case "tool-call":
      return [part.inputText, part.output, part.error ?? ""].filter(Boolean);
    default:
      return [];
  }
}
