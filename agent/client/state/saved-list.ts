/** A list of the settings that is read and replaced whole, such as the hooks. */
import { createResource, createSignal } from "solid-js";
import { requestTimeout, wordsFor } from "./api-client";

export interface SavedListCalls<Item> {
  load: (signal: AbortSignal) => Promise<Item[]>;
  save: (items: Item[], signal: AbortSignal) => Promise<Item[]>;
  /** What tells one from another. */
  key: (item: Item) => string;
}

export type SavedList<Item> = ReturnType<typeof createSavedList<Item>>;

/** Inside a component. */
export function createSavedList<Item>({ load, save, key }: SavedListCalls<Item>) {
  /** `key`: undefined of a new one, and of all. */
  const [failure, setFailure] = createSignal<{ key?: string | undefined; words: string }>({
    words: "",
  });
  const [answer, { mutate }] = createResource(() => load(requestTimeout()));
  const items = () => (answer.error === undefined ? answer.latest : undefined);
  let acting: Promise<unknown> = Promise.resolve();

  /** One after the other, each from what the server has now: another page may have changed it. Resolves with whether it was taken. */
  function change(of: string | undefined, changed: (now: Item[]) => Item[]): Promise<boolean> {
    const done = acting.then(() => changeNow(of, changed));
    acting = done;
    return done;
  }

  async function changeNow(
    of: string | undefined,
    changed: (now: Item[]) => Item[],
  ): Promise<boolean> {
    setFailure({ words: "" });
    try {
      const now = await load(requestTimeout());
      mutate(() => now);
      const saved = await save(changed(now), requestTimeout());
      mutate(() => saved);
      return true;
    } catch (error) {
      setFailure({ key: of, words: wordsFor(error) });
      return false;
    }
  }

  return {
    key,
    /** Undefined until they are loaded. */
    items,
    isReading: () => answer.loading,
    /** Why they could not be loaded. */
    problem: () => (answer.error === undefined ? "" : wordsFor(answer.error)),
    /** Why this one, or a new one, could not be saved. */
    problemOf: (item: Item | undefined) =>
      failure().key === (item && key(item)) ? failure().words : "",
    /** Takes the place of the one with the key `before`, or comes last. */
    put: (item: Item, before?: string) =>
      change(before, (now) =>
        now.some((one) => key(one) === before)
          ? now.map((one) => (key(one) === before ? item : one))
          : [...now, item],
      ),
    remove: (item: Item) => change(key(item), (now) => now.filter((one) => key(one) !== key(item))),
  };
}
