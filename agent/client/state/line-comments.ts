/** Comments on lines of files, which go into the next message. Kept per session in this window, as the message's text is. */
import { type Accessor, createSignal } from "solid-js";
import { host } from "./host";
import { newId } from "./random-id";
import { storeInWindow } from "./window-storage";

export interface LineComment {
  id: string;
  path: string;
  from: number;
  to: number;
  /** The lines are those before the change. */
  isOld: boolean;
  quote: string;
  text: string;
}

export interface LineComments {
  all: Accessor<readonly LineComment[]>;
  /** Returns whether there was room for it. */
  add(comment: Omit<LineComment, "id">): boolean;
  remove(id: string): void;
  clear(): void;
  /** The message with them below it. */
  inMessage(text: string): string;
}

export const mostComments = 50;
const longestQuote = 2000;

export function createLineComments(sessionId: Accessor<string | undefined>): LineComments {
  const name = () => `rein.comments.${sessionId() ?? "new"}`;
  const [all, setAll] = createSignal<readonly LineComment[]>(
    readComments(host().windowStorage().getItem(name())),
  );

  function set(next: readonly LineComment[]): void {
    setAll(next);
    if (next.length === 0) host().windowStorage().removeItem(name());
    else storeInWindow(name(), JSON.stringify(next));
  }

  return {
    all,
    add(comment) {
      if (all().length >= mostComments) return false;
      const quote = comment.quote.slice(0, longestQuote);
      set([...all(), { ...comment, quote, id: newId() }]);
      return true;
    },
    remove: (id) => set(all().filter((one) => one.id !== id)),
    clear: () => set([]),
    inMessage: (text) => [text, ...all().map(quoteOf)].filter((part) => part.trim()).join("\n\n"),
  };
}

/** "src/a.ts:12-14". */
export function placeOf({ path, from, to }: LineComment): string {
  return `${path}:${from === to ? from : `${from}-${to}`}`;
}

/** English: it is for the model. */
function quoteOf(comment: LineComment): string {
  const ticks = (comment.quote.match(/`+/g) ?? []).map(({ length }) => length);
  const fence = "`".repeat(Math.max(3, ...ticks.map((length) => length + 1)));
  const before = comment.isOld ? " (before the change)" : "";
  const place = /[\p{C}`]/u.test(comment.path)
    ? JSON.stringify(placeOf(comment))
    : placeOf(comment);
  return `${place}${before}:\n${fence}\n${comment.quote}\n${fence}\n${comment.text.trim()}`.trim();
}

/** Another version of the page may have written something else. */
function readComments(text: string | null): LineComment[] {
  try {
    const kept: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(kept) ? kept.filter(isComment).slice(0, mostComments) : [];
  } catch {
    return [];
  }
}

function isComment(given: unknown): given is LineComment {
  if (typeof given !== "object" || given === null) return false;
  const { id, path, from, to, isOld, quote, text } = given as Partial<LineComment>;
  const texts = [id, path, quote, text].every((one) => typeof one === "string");
  return texts && Number.isInteger(from) && Number.isInteger(to) && typeof isOld === "boolean";
}
