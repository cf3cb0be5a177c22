/** Completes a path after `@`: files and folders of the session's directory, as the server finds them. */
import { type Accessor, createEffect, createSignal, on, onCleanup } from "solid-js";
import { api, logFailure } from "../../client/state/api-client";

/** The `@` word that the cursor is in: what stands before the cursor is the query, what follows it is replaced too. */
export interface PathWord {
  query: string;
  rest: string;
}

/** `before` and `after`: the text around the cursor. An `@` within a word, as in an address of mail, begins none. */
export function pathWordAt(before: string, after: string): PathWord | undefined {
  // No path is longer; a pasted text is not searched to its beginning.
  const query = /(?:^|[\s(["'`])@([^\s@]{0,400})$/.exec(before.slice(-500))?.[1];
  if (query === undefined) return undefined;
  return { query, rest: /^[^\s@]*/.exec(after.slice(0, 500))?.[0] ?? "" };
}

/** What is typed in the place of the word. A folder can be completed further. */
export function chosenPath(path: string): string {
  const isFolder = path.endsWith("/");
  return (/\s/.test(path) ? `@"${path}"` : `@${path}`) + (isFolder ? "" : " ");
}

const mostShown = 20;

/**
 * The paths for a query, which is undefined while none is wanted; those of an earlier query until the answer comes. One
 * request at a time: a long first listing is not begun anew with each letter.
 */
export function createPathChoices(
  cwd: Accessor<string>,
  query: Accessor<string | undefined>,
): Accessor<readonly string[]> {
  const [found, setFound] = createSignal<readonly string[]>([]);
  const closing = new AbortController();
  onCleanup(() => closing.abort());
  let isAsking = false;

  async function look(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    try {
      let asked: string | undefined;
      do {
        asked = query();
        if (asked === undefined) break;
        const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(30_000)]);
        const { files } = await api.directoryFiles(cwd(), asked, mostShown, signal);
        // oxlint-disable-next-line solid/reactivity -- what is wanted by now
        if (query() !== undefined) setFound(files.filter(isShown));
      } while (asked !== query());
    } catch (error) {
      // Without an answer nothing is completed, and the path is typed by hand.
      if (!closing.signal.aborted)
        logFailure("The paths of the directory could not be found", error);
    } finally {
      isAsking = false;
    }
  }

  createEffect(
    on(query, (wanted) => {
      if (wanted === undefined) setFound([]);
      else void look();
    }),
  );
  return found;
}

/** One whose name has a control character cannot be typed into a message. */
function isShown(path: string): boolean {
  return !/\p{C}/u.test(path);
}
