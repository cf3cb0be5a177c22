/** Comments on lines of files, which go into the next message. Kept per session in this window, as the message's text is. */
import { type Accessor, createSignal } from "solid-js";
import { host } from "./host";
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
  /** It is still being written, beside its lines. */
  isBegun?: true;
}

export interface LineComments {
  /** That are written. */
  all: Accessor<readonly LineComment[]>;
  /** In the place of the one with its id. Returns whether there was room for it. */
  put(comment: LineComment): boolean;
  /** What was begun of it is written: its lines, or what showed them, are gone. */
  keep(id: string): void;
  remove(id: string): void;
  /** Those that are written. */
  clear(): void;
  /** Takes all of them along while the session's id changes. */
  rename(change: () => void): void;
  /** The message with them below it. */
  inMessage(text: string): string;
}

export const mostComments = 50;
const longestQuote = 2000;

export function createLineComments(sessionId: Accessor<string | undefined>): LineComments {
  const name = () => `rein.comments.${sessionId() ?? "new"}`;
  const [kept, setKept] = createSignal<readonly LineComment[]>(
    // Of what was begun when the page was left, the lines are not beside it any more.
    readComments(host().windowStorage().getItem(name())).map(written),
  );
  const all = () => kept().filter(({ isBegun }) => !isBegun);

  function set(next: readonly LineComment[]): void {
    setKept(next);
    if (next.length === 0) host().windowStorage().removeItem(name());
    else storeInWindow(name(), JSON.stringify(next));
  }

  return {
    all,
    put(comment) {
      const others = kept().filter(({ id }) => id !== comment.id);
      if (others.length >= mostComments) return false;
      set([...others, { ...comment, quote: comment.quote.slice(0, longestQuote) }]);
      return true;
    },
    keep(id) {
      if (kept().some((one) => one.id === id && one.isBegun))
        set(kept().map((one) => (one.id === id ? written(one) : one)));
    },
    remove: (id) => set(kept().filter((one) => one.id !== id)),
    clear: () => set(kept().filter(({ isBegun }) => isBegun)),
    rename(change) {
      const taken = kept();
      set([]);
      change();
      set(taken);
    },
    inMessage: (text) => [text, ...all().map(quoteOf)].filter((part) => part.trim()).join("\n\n"),
  };
}

function written(comment: LineComment): LineComment {
  const { id, path, from, to, isOld, quote, text } = comment;
  return { id, path, from, to, isOld, quote, text };
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
