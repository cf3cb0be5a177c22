/** @jsxImportSource @opentui/solid */
/** The sessions: those at work first, each with what it does; opened, stopped, renamed, deleted. */
import { createMemo, createSignal, Show } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import { plural } from "../../shared/plural";
import { useClient } from "../../client/state/client";
import { createMinute } from "../../client/state/clock";
import { shortTime } from "../../client/state/format";
import { groupByProject, searchGroups } from "../../client/state/session-groups";
import {
  deleteSession,
  deletionWords,
  renameSession,
  stopListed,
} from "../../client/state/session-actions";
import { isAtWork, type RowState, rowState, rowStateWords } from "../../client/state/session-rows";
import type { Colors } from "../theme";
import { AskLine, EntryLine } from "./PanelQuestions";
import { ChoiceList, type Line } from "./ChoiceList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

const markColors: Record<RowState, keyof Colors> = {
  idle: "muted",
  running: "accent",
  waiting: "warning",
  pausing: "warning",
  paused: "warning",
  stopping: "muted",
  failed: "bad",
  survivors: "warning",
};

type Question = { kind: "delete" | "rename"; session: SessionSummary };

export function SessionPanel(props: PanelProps) {
  const client = useClient();
  const minute = createMinute();
  const [query, setQuery] = createSignal("");
  const [question, setQuestion] = createSignal<Question>();
  const found = createMemo(() => {
    const groups = searchGroups(groupByProject(client.list.sorted()), query());
    const named = groups.flatMap(({ name, sessions }) =>
      sessions.map((session) => ({ session, project: name })),
    );
    return named.toSorted(
      (a, b) =>
        Number(isAtWork(b.session)) - Number(isAtWork(a.session)) ||
        b.session.updatedAt - a.session.updatedAt,
    );
  });
  const lines = createMemo(() =>
    found().map(({ session, project }): Line => {
      const state = rowState(session);
      const isOpen = session.id === props.open.id();
      return {
        id: session.id,
        text: session.title || "Untitled",
        side: `${project} · ${shortTime(session.updatedAt, minute())}`,
        mark: { text: state === "idle" ? (isOpen ? "›" : " ") : "●", color: markColors[state] },
        words: [
          rowStateWords[state],
          session.processes ? plural(session.processes, "process", "processes") : "",
          session.cwd,
        ]
          .filter(Boolean)
          .join(" · "),
      };
    }),
  );
  const sessionOf = (line: Line) => client.list.find(line.id);

  function stop(line: Line): void {
    if (line.id === props.open.id()) return props.open.stop();
    const session = sessionOf(line);
    if (session !== undefined) void stopListed(client, session);
  }

  function ask(kind: Question["kind"], line: Line): void {
    const session = sessionOf(line);
    if (session !== undefined) setQuestion({ kind, session });
  }

  return (
    <PanelFrame
      title="Sessions"
      hints={[
        "Enter opens",
        "Ctrl+N new",
        "Ctrl+X stops",
        "Ctrl+E stops all",
        "Ctrl+R renames",
        "Ctrl+D deletes",
        "Escape closes",
      ]}
      close={props.close}
    >
      <ChoiceList
        lines={lines()}
        first={props.open.id()}
        filter={{ query: query(), set: setQuery, placeholder: "Find a session" }}
        empty={query() === "" ? "No sessions yet." : "Nothing found."}
        isActive={question() === undefined}
        reserved={question() === undefined ? 0 : 3}
        choose={(line) => client.route.go(line.id)}
        keys={[
          { key: "Ctrl+n", run: () => client.route.go(undefined) },
          { key: "Ctrl+x", run: stop },
          { key: "Ctrl+e", run: () => void client.stopEverything() },
          { key: "Ctrl+r", run: (line) => ask("rename", line) },
          { key: "Ctrl+d", run: (line) => ask("delete", line) },
        ]}
      />
      <Show when={question()} keyed>
        {({ kind, session }) =>
          kind === "delete" ? (
            <AskLine
              words={`Delete? ${deletionWords(session)}`}
              answer={() => void deleteSession(client, session)}
              close={() => setQuestion(undefined)}
            />
          ) : (
            <EntryLine
              label="Title"
              value={session.title}
              save={(title) => {
                if (title !== "") void renameSession(client, session.id, title.slice(0, 200));
              }}
              close={() => setQuestion(undefined)}
            />
          )
        }
      </Show>
    </PanelFrame>
  );
}
