/** A search through all sessions while its words are typed: the answer to the newest words, and older finds as they are asked for. */
import { type Accessor, createEffect, createSignal, on, onCleanup } from "solid-js";
import { tn, t } from "../../shared/translation";
import type { FoundMessage, SearchAnswer, SessionSummary } from "../../shared/protocol";
import { api, wordsFor } from "./api-client";

export interface Search {
  /** The words that the answer is for: those before, until it comes. */
  query: Accessor<string>;
  /** With the words in their titles, archived ones too; the newest first. */
  sessions: Accessor<readonly SessionSummary[]>;
  messages: Accessor<readonly FoundMessage[]>;
  isAsking: Accessor<boolean>;
  hasMore: Accessor<boolean>;
  more: () => Promise<void>;
  /** What a person should know of it: it failed, or not all was looked through. Empty when there is nothing to say. */
  note: Accessor<string>;
}

interface Found extends SearchAnswer {
  query: string;
  failed?: string;
}

const nothing: Found = { query: "", sessions: [], messages: [] };

/** The server is asked once the typing pauses, and not at each letter. */
const typingMs = 120;
/** The index catches up by itself. */
const againMs = 1000;
const timeoutMs = 30_000;

/** Until the owner is disposed: each new query aborts the search before. */
export function createSearch(query: Accessor<string>): Search {
  const [found, setFound] = createSignal(nothing);
  const [isAsking, setAsking] = createSignal(false);
  let asking = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function look(q: string, before: SearchAnswer["next"]): Promise<void> {
    const { signal } = asking;
    setAsking(true);
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const answer = await api.search({ q, ...(before !== undefined && { before }) }, limited);
      if (signal.aborted) return;
      const earlier = before === undefined ? [] : found().messages;
      const sessions = before === undefined ? answer.sessions : found().sessions;
      setFound({ ...answer, query: q, sessions, messages: [...earlier, ...answer.messages] });
      if (before === undefined && answer.left !== undefined) ask(q, againMs);
    } catch (error) {
      if (signal.aborted) return;
      setFound((known) => ({
        ...(known.query === q ? known : { ...nothing, query: q }),
        failed: wordsFor(error),
      }));
    } finally {
      if (!signal.aborted) setAsking(false);
    }
  }

  function ask(q: string, delayMs: number): void {
    timer = setTimeout(() => void look(q, undefined), delayMs);
  }

  function end(): void {
    clearTimeout(timer);
    asking.abort();
  }

  createEffect(
    on(query, (words) => {
      end();
      asking = new AbortController();
      const q = words.trim();
      setAsking(q !== "");
      if (q === "") setFound(nothing);
      else ask(q, typingMs);
    }),
  );
  onCleanup(end);
  return {
    query: () => found().query,
    sessions: () => found().sessions,
    messages: () => found().messages,
    isAsking,
    hasMore: () => found().next !== undefined,
    async more() {
      const { query: q, next } = found();
      if (next !== undefined && !isAsking()) await look(q, next);
    },
    note: () => noteOf(found()),
  };
}

function noteOf({ failed, problem, left, unreached }: Found): string {
  if (failed !== undefined) return t("The search failed: {reason}", { reason: failed });
  if (problem !== undefined) return t("Messages are not searched: {reason}", { reason: problem });
  if (unreached !== undefined)
    return t("Not looked through, as they did not answer: {names}", {
      names: unreached.map(({ node }) => node).join(", "),
    });
  if (left === undefined) return "";
  return tn(left, "{count} message is not searched yet.", "{count} messages are not searched yet.");
}
