/** The schedules of the server, and what a person does with them: the same for every face. */
import { createEffect, createResource, createSignal, on } from "solid-js";
import type { Schedule, SchedulesAnswer } from "../../shared/protocol";
import type { SchedulePatchRequest, ScheduleRequest } from "../../shared/requests/schedule-schemas";
import { api, requestTimeout, wordsFor } from "./api-client";
import type { ListChanges } from "./list-changes";

export type ScheduleList = ReturnType<typeof createScheduleList>;

/** Inside a component. */
export function createScheduleList(changes: ListChanges) {
  /** "" of none: of all, or of a new one. */
  const [failure, setFailure] = createSignal({ id: "", words: "" });
  const [busy, setBusy] = createSignal<string>();
  const load = () => api.schedules(requestTimeout());
  const [answer, { mutate }] = createResource(load);
  const shown = (): SchedulesAnswer | undefined =>
    answer.error === undefined ? answer.latest : undefined;
  let loads = 0;

  async function look(): Promise<void> {
    const own = ++loads;
    const found = await load();
    if (own === loads) mutate(found);
  }

  /** Resolves with whether the server took it; then and else, what is so now is shown. */
  async function act(id: string, action: () => Promise<unknown>): Promise<boolean> {
    setFailure({ id, words: "" });
    setBusy(id);
    let isTaken = true;
    try {
      await action();
    } catch (error) {
      isTaken = false;
      setFailure({ id, words: wordsFor(error) });
    }
    await look().catch((error: unknown) => setFailure({ id, words: wordsFor(error) }));
    setBusy(undefined);
    return isTaken;
  }

  createEffect(
    on(
      () => changes.of("schedules"),
      // What is shown stays, where there is no answer.
      () => void look().catch((error: unknown) => setFailure({ id: "", words: wordsFor(error) })),
      { defer: true },
    ),
  );

  const change = ({ id }: Schedule, patch: SchedulePatchRequest) =>
    act(id, () => api.changeSchedule(id, patch, requestTimeout()));

  return {
    /** Undefined until they are loaded. */
    schedules: () => shown()?.schedules,
    isReading: () => answer.loading,
    problemOf: (id: string) => {
      if (failure().id === id && failure().words !== "") return failure().words;
      return id === "" && answer.error !== undefined ? wordsFor(answer.error) : "";
    },
    busy,
    add: (request: ScheduleRequest) => act("", () => api.addSchedule(request, requestTimeout())),
    change,
    switchTo: (schedule: Schedule, isOn: boolean) => change(schedule, { isOn }),
    remove: ({ id }: Schedule) => act(id, () => api.removeSchedule(id, requestTimeout())),
    /** Resolves when the run has begun. */
    run: ({ id }: Schedule) => act(id, () => api.runSchedule(id, requestTimeout())),
  };
}
