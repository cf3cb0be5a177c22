/** The files and folders of a directory for what is typed, as the server finds them. */
import { type Accessor, createEffect, createSignal, on, onCleanup } from "solid-js";
import { defined } from "../../shared/defined";
import { api, logFailure } from "./api-client";

const mostPaths = 20;

export interface FoundPaths {
  /** For which they were found: an earlier one than that of now until the answer comes. */
  query: string | undefined;
  files: readonly string[];
}

interface Asked {
  cwd: string;
  query: string;
}

const none: FoundPaths = { query: undefined, files: [] };

/**
 * One request at a time: a long first listing is not begun anew with each letter. Besides it, what an old listing has found is
 * looked for again once there is a newer one.
 */
export function createFoundPaths(
  cwd: Accessor<string>,
  query: Accessor<string | undefined>,
): Accessor<FoundPaths> {
  const [found, setFound] = createSignal(none);
  const closing = new AbortController();
  onCleanup(() => closing.abort());
  let isAsking = false;
  let renewing = new AbortController();

  const ask = ({ cwd, query }: Asked, signal: AbortSignal, newest?: "1") =>
    api.directoryFiles(
      defined({ cwd: cwd || undefined, query, limit: mostPaths, newest }),
      AbortSignal.any([closing.signal, signal, AbortSignal.timeout(30_000)]),
    );

  /** The directory becomes known a moment after the page is there. */
  function isWanted(asked: Asked): boolean {
    return asked.query === query() && asked.cwd === cwd();
  }

  async function look(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    try {
      for (;;) {
        const wanted = query();
        if (wanted === undefined) break;
        const asked = { cwd: cwd(), query: wanted };
        const { files, isOld } = await ask(asked, closing.signal);
        // oxlint-disable-next-line solid/reactivity -- what is wanted by now
        if (query() !== undefined && asked.cwd === cwd()) setFound({ query: asked.query, files });
        if (!isWanted(asked)) continue;
        if (isOld) void renew(asked);
        break;
      }
    } catch (error) {
      // Without an answer nothing is completed, and the path is typed by hand.
      setFound({ query: query(), files: [] });
      if (!closing.signal.aborted)
        logFailure("The paths of the directory could not be found", error);
    } finally {
      isAsking = false;
    }
  }

  /** Ends with the next letter. */
  async function renew(asked: Asked): Promise<void> {
    const { signal } = (renewing = new AbortController());
    try {
      const { files } = await ask(asked, signal, "1");
      if (!signal.aborted) setFound({ query: asked.query, files });
    } catch (error) {
      if (!signal.aborted && !closing.signal.aborted)
        logFailure("The paths of the directory could not be found again", error);
    }
  }

  createEffect(
    on([query, cwd], ([wanted]) => {
      renewing.abort();
      if (wanted === undefined) setFound(none);
      else void look();
    }),
  );
  return found;
}
