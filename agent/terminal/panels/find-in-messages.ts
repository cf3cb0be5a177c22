/** Looks in the messages of all sessions for what is typed. */
import { type Accessor, createEffect, createSignal, on, onCleanup } from "solid-js";
import type { FoundMessage } from "../../shared/protocol";
import { api, wordsFor } from "../../client/state/api-client";

export interface MessageSearch {
  found: Accessor<readonly FoundMessage[]>;
  /** Why not all is found, for a person. */
  problem: Accessor<string | undefined>;
}

/** While a person types, not each letter is looked for. */
const pauseMs = 150;
const fewestLetters = 2;
const limit = 30;

/** Newest first. A later query ends the request of the one before; so does the end of the owner. */
export function createMessageSearch(query: Accessor<string>): MessageSearch {
  const [found, setFound] = createSignal<readonly FoundMessage[]>([]);
  const [problem, setProblem] = createSignal<string>();

  async function look(q: string, signal: AbortSignal): Promise<void> {
    try {
      const answer = await api.search({ q, limit }, signal);
      if (signal.aborted) return;
      setFound(answer.messages);
      setProblem(answer.problem);
    } catch (error) {
      if (signal.aborted) return;
      setFound([]);
      setProblem(wordsFor(error));
    }
  }

  createEffect(
    on(query, (typed) => {
      const q = typed.trim();
      if (q.length < fewestLetters) {
        setFound([]);
        setProblem(undefined);
        return;
      }
      const closing = new AbortController();
      const timer = setTimeout(() => void look(q, closing.signal), pauseMs);
      onCleanup(() => {
        clearTimeout(timer);
        closing.abort();
      });
    }),
  );
  return { found, problem };
}
