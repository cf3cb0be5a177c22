/** A list of the server that this part of the page shows and changes, with the words of what went wrong. */
import { type Accessor, createResource, createSignal } from "solid-js";
import { wordsFor } from "../state/api-client";

interface ChangeableList<One> {
  /** Undefined until it is read; empty where it cannot be. */
  all: Accessor<One[] | undefined>;
  /** "" when nothing went wrong. */
  problem: Accessor<string>;
  /** Does it, and reads the list anew. Never rejects. */
  attempt: (action: () => Promise<unknown>) => Promise<void>;
}

export function changeableList<One>(load: () => Promise<One[]>): ChangeableList<One> {
  const [problem, setProblem] = createSignal("");
  const [all, { refetch }] = createResource(async () => {
    try {
      return await load();
    } catch (error) {
      setProblem(wordsFor(error));
      return [];
    }
  });
  async function attempt(action: () => Promise<unknown>): Promise<void> {
    try {
      setProblem("");
      await action();
      await refetch();
    } catch (error) {
      setProblem(wordsFor(error));
    }
  }
  return { all, problem, attempt };
}
