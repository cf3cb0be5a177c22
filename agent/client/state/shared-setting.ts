/** Something that a person sets on the server, as it is now in every window: read again when it may have changed. */
import { type Accessor, createEffect, createResource, createSignal, on } from "solid-js";
import { api, ApiError, requestTimeout, wordsFor } from "./api-client";
import type { Client } from "./client";
import { changedMeanwhile } from "./project-words";

export interface SharedSetting<Value> {
  shown: Accessor<Value | undefined>;
  isReading: Accessor<boolean>;
  /** Why the last change was not saved, or nothing can be shown; "" when all is well. */
  problem: Accessor<string>;
  /** Resolves with what was saved; undefined when nothing was. Never rejects. */
  save: (send: () => Promise<Value>) => Promise<Value | undefined>;
}

/** Inside a component. `source`: what is read; while it is undefined or "", nothing. */
export function createSharedSetting<Value extends object>(
  { changes }: Pick<Client, "changes">,
  source: Accessor<string | undefined>,
  load: (source: string) => Promise<Value>,
): SharedSetting<Value> {
  const [problem, setProblem] = createSignal("");
  const [answer, { mutate, refetch }] = createResource(() => source() || undefined, load);
  createEffect(
    on(
      () => changes.of("projects"),
      () => void refetch(),
      { defer: true },
    ),
  );

  async function save(send: () => Promise<Value>): Promise<Value | undefined> {
    setProblem("");
    try {
      const saved = await send();
      mutate(() => saved);
      return saved;
    } catch (error) {
      const isStale = error instanceof ApiError && error.code === "digest";
      setProblem(isStale ? changedMeanwhile() : wordsFor(error));
      if (isStale) void refetch();
      return undefined;
    }
  }

  return {
    shown: () => (answer.error === undefined ? answer.latest : undefined),
    isReading: () => answer.loading,
    problem: () => problem() || (answer.error === undefined ? "" : wordsFor(answer.error)),
    save,
  };
}

/** What a person tells models in every project. */
export function createPersonalInstructions(client: Pick<Client, "changes">) {
  const setting = createSharedSetting(
    client,
    () => "all",
    () => api.instructions(requestTimeout()),
  );
  return {
    ...setting,
    write: async (text: string, digest: string) =>
      (await setting.save(() => api.saveInstructions({ text, digest }, requestTimeout()))) !==
      undefined,
  };
}

/** What a person has set for the project that a directory is in. */
export function createProjectSetting(client: Pick<Client, "changes">, cwd: Accessor<string>) {
  const setting = createSharedSetting(client, cwd, (directory) =>
    api.projectSettings(directory, requestTimeout()),
  );
  return {
    ...setting,
    /** `digest`: of what the change is made to; without it, of what is shown. */
    change: async (change: ProjectChange, digest = setting.shown()?.digest ?? "") =>
      (await setting.save(() =>
        api.changeProject({ cwd: cwd(), digest, ...change }, requestTimeout()),
      )) !== undefined,
  };
}

type ProjectChange = Omit<Parameters<typeof api.changeProject>[0], "cwd" | "digest">;
