/** The notes about a project, and what a person does with them: the same for every face. */
import {
  type Accessor,
  createEffect,
  createMemo,
  createResource,
  createSignal,
  on,
} from "solid-js";
import type { MemoryAnswer, MemoryLine } from "../../shared/protocol";
import { api, requestTimeout, wordsFor } from "./api-client";
import type { ListChanges } from "./list-changes";

export type MemoryPanel = ReturnType<typeof createMemoryPanel>;

/** Inside a component. `cwd`: "" while it is not known. */
export function createMemoryPanel(cwd: Accessor<string>, changes: ListChanges) {
  const [problem, setProblem] = createSignal("");
  const load = () => api.memory(cwd(), requestTimeout());
  const [answer, { mutate }] = createResource(() => cwd() || undefined, load);
  const shown = (): MemoryAnswer | undefined =>
    answer.error === undefined ? answer.latest : undefined;
  const lines = createMemo(() => shown()?.lines ?? []);
  let loads = 0;

  async function look(): Promise<void> {
    const own = ++loads;
    try {
      const found = await load();
      if (own === loads) mutate(found);
    } catch (error) {
      setProblem(wordsFor(error));
    }
  }

  /** Resolves with whether the server took it. */
  async function act(action: () => Promise<unknown>): Promise<boolean> {
    setProblem("");
    try {
      await action();
      return true;
    } catch (error) {
      setProblem(wordsFor(error));
      return false;
    } finally {
      await look();
    }
  }

  createEffect(
    on(
      () => changes.of("memory"),
      () => void look(),
      { defer: true },
    ),
  );

  return {
    root: () => shown()?.root ?? cwd(),
    isLoaded: () => shown() !== undefined,
    kept: createMemo(() => lines().filter(({ state }) => state === "kept")),
    proposed: createMemo(() => lines().filter(({ state }) => state === "proposed")),
    problem: () => problem() || (answer.error === undefined ? "" : wordsFor(answer.error)),
    add: (text: string) => act(() => api.addNote({ cwd: cwd(), text }, requestTimeout())),
    /** As it was proposed, or with another text. */
    keep: ({ id }: MemoryLine, text?: string) =>
      act(() =>
        api.changeNote(
          id,
          { cwd: cwd(), state: "kept", ...(text !== undefined && { text }) },
          requestTimeout(),
        ),
      ),
    edit: ({ id }: MemoryLine, text: string) =>
      act(() => api.changeNote(id, { cwd: cwd(), text }, requestTimeout())),
    /** Removes what was kept; refuses what was proposed. */
    remove: ({ id }: MemoryLine) => act(() => api.removeNote(id, cwd(), requestTimeout())),
    /** The line that a proposal would replace or remove. */
    aboutOf: ({ replaces, removes }: MemoryLine) =>
      lines().find(({ id }) => id === (replaces ?? removes)),
  };
}
