/** What a new session begins with in its project, as a person has set it: the same that the server takes where nothing is chosen. */
import { type Accessor, createEffect, createResource, createSignal, on } from "solid-js";
import { defined } from "../../shared/defined";
import type { ProjectDefaults, SessionPatch } from "../../shared/protocol";
import { api, logFailure, requestTimeout } from "./api-client";
import type { ListChanges } from "./list-changes";

export interface BeginningDefaults {
  /** Of the directory that was named last; empty while they are not known. */
  of: Accessor<ProjectDefaults>;
  /** Of a new session; undefined: none is shown. */
  name: (cwd: string | undefined) => void;
}

export function createProjectDefaults(changes: ListChanges): BeginningDefaults {
  const [cwd, name] = createSignal<string>();
  const [answer, { refetch }] = createResource(cwd, async (directory) => {
    try {
      return { cwd: directory, ...(await api.projectSettings(directory, requestTimeout())) };
    } catch (error) {
      logFailure("What is set for the project could not be loaded", error);
      return undefined;
    }
  });
  createEffect(
    on(
      () => changes.of("projects"),
      () => void refetch(),
      { defer: true },
    ),
  );
  return {
    name,
    of() {
      const found = answer.latest;
      return found !== undefined && found.cwd === cwd() ? found : {};
    },
  };
}

/** As the server takes them: a model is one that Rein asks itself, and no engine can be held to plan mode. */
export function begunWith(
  { permissions, model }: ProjectDefaults,
  isEngine: boolean,
): SessionPatch {
  if (!isEngine) return defined({ permissions, ...model });
  return defined({ permissions: permissions === "plan" ? undefined : permissions });
}
