/** @jsxImportSource @opentui/solid */
/** The schedules of the server: when each runs, how it went, and the keys that pause, run and remove it. */
import { createMemo, createSignal, Show } from "solid-js";
import { useClient } from "../../client/state/client";
import { createScheduleList } from "../../client/state/schedule-list";
import {
  boundWords,
  lastWords,
  missedWords,
  nextWords,
  sentWords,
  whenWords,
} from "../../client/state/schedule-words";
import type { Schedule } from "../../shared/protocol";
import { Words } from "../conversation/Words";
import { ChoiceList, type Line } from "./ChoiceList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";
import { AskLine } from "./PanelQuestions";

export function SchedulePanel(props: PanelProps) {
  const client = useClient();
  const list = createScheduleList(client.changes);
  const [removed, setRemoved] = createSignal<Schedule>();
  const scheduleOf = ({ id }: Line) => list.schedules()?.find((one) => one.id === id);
  const lines = createMemo(() =>
    (list.schedules() ?? []).map((one): Line => ({
      id: one.id,
      text: one.name,
      side: list.busy() === one.id ? "a moment…" : nextWords(one),
      words: wordsOf(one),
      mark: { text: one.isOn ? "●" : "○", color: one.isOn ? "good" : "muted" },
    })),
  );
  const problem = () =>
    list.problemOf("") ||
    lines()
      .map(({ id }) => list.problemOf(id))
      .find((words) => words !== "");

  /** Where it has not run yet, there is nothing to open. */
  function openLast(line: Line): void {
    const last = scheduleOf(line)?.last;
    if (last === undefined) return client.notices.toast("It has not run yet");
    props.close();
    client.route.go(last.sessionId);
  }

  function withSchedule(action: (schedule: Schedule) => unknown): (line: Line) => void {
    return (line) => {
      const schedule = scheduleOf(line);
      if (schedule !== undefined) action(schedule);
    };
  }

  return (
    <PanelFrame
      title="Schedules"
      hints={[
        "Enter opens its last session",
        "p pauses and resumes",
        "r runs it now",
        "Delete removes",
        "“rein schedules add” or the page adds one",
      ]}
      close={props.close}
    >
      <Show when={problem()}>
        {(words) => <Words pieces={[{ text: words(), color: "bad" }]} />}
      </Show>
      <ChoiceList
        lines={lines()}
        empty={
          list.schedules() === undefined
            ? "A moment…"
            : "None. “rein schedules add” and the page’s settings add one."
        }
        isActive={removed() === undefined}
        reserved={(problem() ? 1 : 0) + (removed() ? 1 : 0)}
        choose={openLast}
        keys={[
          { key: "p", run: withSchedule((one) => list.switchTo(one, !one.isOn)) },
          { key: "r", run: withSchedule((one) => list.run(one)) },
          { key: "Delete", run: withSchedule(setRemoved) },
          { key: "Backspace", run: withSchedule(setRemoved) },
        ]}
      />
      <Show when={removed()} keyed>
        {(schedule) => (
          <AskLine
            words={`Remove ${schedule.name}? What runs of it goes on.`}
            answer={() => void list.remove(schedule)}
            close={() => setRemoved(undefined)}
          />
        )}
      </Show>
    </PanelFrame>
  );
}

/** The two lines below the list. */
function wordsOf(schedule: Schedule): string {
  const facts = [
    missedWords(schedule),
    lastWords(schedule),
    whenWords(schedule.when),
    boundWords(schedule),
  ].filter((words) => words !== undefined);
  return `${facts.join(" · ")} · sends: ${sentWords(schedule)}`;
}
