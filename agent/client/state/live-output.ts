/** The output of one process, read continuously while its view is open. */
import { type Accessor, createEffect, createSignal, on, onCleanup } from "solid-js";
import type { ProcessOutput } from "../../shared/protocol";
import { api, requestTimeout, wordsFor } from "./api-client";

export interface LiveOutput {
  /** The last part of the output; undefined until the first answer. */
  text: Accessor<string | undefined>;
  /** The number of characters before `text`. */
  earlier: Accessor<number>;
  /** Why the output cannot be read. */
  failure: Accessor<string | undefined>;
}

const everyMs = 500;
/** More than a screen can show, and small enough to render at once. */
const maxCharacters = 100_000;

/** Reads until the process has ended and all of its output has arrived, or the owner is disposed. */
export function createLiveOutput(
  sessionId: string,
  processId: string,
  isLiving: Accessor<boolean>,
): LiveOutput {
  const [text, setText] = createSignal<string>();
  const [next, setNext] = createSignal(0);
  const [failure, setFailure] = createSignal<string>();
  const ending = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function read(mayGrow: boolean): Promise<void> {
    const after = next();
    try {
      const signal = AbortSignal.any([ending.signal, requestTimeout()]);
      const news = await api.processOutput(sessionId, processId, after, signal);
      // Two reads can overlap when the process ends.
      if (after === next()) take(news);
      setFailure(undefined);
    } catch (error) {
      if (ending.signal.aborted) return;
      setFailure(wordsFor(error));
    }
    if (mayGrow) timer = setTimeout(() => void read(isLiving()), everyMs);
  }

  function take(news: ProcessOutput): void {
    const before = news.from === next() ? (text() ?? "") : "";
    if (news.text !== "" || text() === undefined)
      setText((before + news.text).slice(-maxCharacters));
    setNext(news.next);
  }

  // Also when the process ends: its last output may have come after the last read.
  createEffect(
    on(isLiving, (mayGrow) => {
      clearTimeout(timer);
      void read(mayGrow);
    }),
  );
  onCleanup(() => {
    ending.abort();
    clearTimeout(timer);
  });
  return { text, earlier: () => next() - (text()?.length ?? 0), failure };
}
