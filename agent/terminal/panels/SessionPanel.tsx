/** @jsxImportSource @opentui/solid */
/** The sessions: those at work first, then those that are pinned; opened, stopped, renamed, kept, copied, deleted. What is typed is found in their messages too. */
import { createMemo, createSignal, Show } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import { plural } from "../../shared/plural";
import { visibleString } from "../../shared/visible-text";
import { useClient } from "../../client/state/client";
import { createMinute } from "../../client/state/clock";
import { shortTime } from "../../client/state/format";
import { groupByProject, searchGroups } from "../../client/state/session-groups";
import {
  archiveSession,
  deleteSession,
  deletionWords,
  forkSession,
  pinSession,
  renameSession,
  stopListed,
} from "../../client/state/session-actions";
import { isAtWork, type RowState, rowState, rowStateWords } from "../../client/state/session-rows";
import { wordsFor } from "../../client/state/api-client";
import { hasPeople, me } from "../../client/state/me";
import { cutAtEnd } from "../fitting-words";
import { offeredAct } from "../NoticeLines";
import { bindKey } from "../terminal-keys";
import type { Colors } from "../theme";
import { AskLine, EntryLine } from "./PanelQuestions";
import { ChoiceList, type Line, listSideWidth } from "./ChoiceList";
import { createMessageSearch } from "./find-in-messages";
import { PanelFrame, usePanelSize } from "./PanelFrame";
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
  away: "warning",
};

const isPinned = ({ pinnedAt }: SessionSummary) => pinnedAt !== undefined;

function emptyWords(query: string, isArchive: boolean): string {
  if (query !== "") return "Nothing found.";
  return isArchive ? "Nothing is archived." : "No sessions yet.";
}

/** Columns of a person's name in a row. */
const mostOfName = 12;

type Question = { kind: "delete" | "rename"; session: SessionSummary };

export function SessionPanel(props: PanelProps) {
  const client = useClient();
  const minute = createMinute();
  const [query, setQuery] = createSignal("");
  const [question, setQuestion] = createSignal<Question>();
  const [isArchive, setArchive] = createSignal(false);
  const messages = createMessageSearch(query);
  const size = usePanelSize();
  const found = createMemo(() => {
    const all = isArchive() ? client.list.archive.sorted() : client.list.sorted();
    const groups = searchGroups(groupByProject(all), query());
    const named = groups.flatMap(({ name, sessions }) =>
      sessions.map((session) => ({ session, project: name })),
    );
    return named.toSorted(
      (a, b) =>
        Number(isAtWork(b.session)) - Number(isAtWork(a.session)) ||
        Number(isPinned(b.session)) - Number(isPinned(a.session)) ||
        b.session.updatedAt - a.session.updatedAt,
    );
  });
  const sessionLines = createMemo(() =>
    found().map(({ session, project }): Line => {
      const state = rowState(session, client.cluster.away);
      const machine = client.cluster.isShown() ? session.node : undefined;
      const person = hasPeople() && session.user !== me()?.name ? session.user : undefined;
      const isOpen = session.id === props.open.id();
      return {
        id: session.id,
        text: session.title || "Untitled",
        side: sideOf([
          ...(person === undefined ? [] : [cutAtEnd(visibleString(person), mostOfName)]),
          `${machine === undefined ? "" : `${visibleString(machine)}: `}${project}`,
          shortTime(session.updatedAt, minute()),
        ]),
        mark: { text: state === "idle" ? (isOpen ? "›" : " ") : "●", color: markColors[state] },
        words: [
          state === "away" && machine !== undefined
            ? `Machine ${visibleString(machine)} does not answer`
            : rowStateWords[state],
          person === undefined ? "" : `Begun by ${visibleString(person)}`,
          isPinned(session) ? "Pinned" : "",
          session.processes ? plural(session.processes, "process", "processes") : "",
          session.cwd,
        ]
          .filter(Boolean)
          .join(" · "),
      };
    }),
  );
  /** The time stays: of the directory before it, the end is cut. */
  function sideOf(parts: string[]): string {
    const [time = "", place = "", ...before] = parts.toReversed();
    const room = listSideWidth(size.width()) - Bun.stringWidth([...before, "", time].join(" · "));
    return [...before, cutAtEnd(place, room), time].join(" · ");
  }

  const messageLines = createMemo(() => {
    const all = messages.found();
    if (all.length === 0) return [];
    const head: Line = { id: "messages", text: "In messages", isHead: true };
    return [
      head,
      ...all.map((one): Line => ({ id: one.messageId, text: one.text, side: one.title })),
    ];
  });
  const lines = createMemo(() => [...sessionLines(), ...messageLines()]);
  const sessionOf = (line: Line) => client.list.find(line.id);

  function choose(line: Line): void {
    const message = messages.found().find(({ messageId }) => messageId === line.id);
    if (message === undefined) client.route.go(line.id);
    else client.route.go(message.sessionId, message.messageId);
  }

  function remove(line: Line): void {
    const session = sessionOf(line);
    if (session === undefined) return;
    if (isAtWork(session)) ask("delete", line);
    else void deleteSession(client, session);
  }

  /** The line above the conversation that says so is beneath the panel. */
  const offered = () => {
    const act = offeredAct(client);
    return act === undefined ? [] : [`Y ${act}`];
  };

  function withSession(act: (session: SessionSummary) => Promise<void>) {
    return (line: Line) => {
      const session = sessionOf(line);
      if (session !== undefined) void act(session);
    };
  }

  function turn(): void {
    setArchive(!isArchive());
    if (isArchive())
      client.list.archive.load().catch((error: unknown) => {
        client.notices.toast("The archive was not loaded", wordsFor(error));
      });
  }
  bindKey({ key: "Ctrl+b", when: () => question() === undefined, run: turn });

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
      title={isArchive() ? "Archived sessions" : "Sessions"}
      hints={[
        "Ctrl+N new",
        ...offered(),
        "X stop",
        "E stop all",
        "D delete",
        "P pin",
        isArchive() ? "A take out" : "A archive",
        "F copy",
        isArchive() ? "B back" : "B archived",
        "R rename",
        "Enter opens",
      ]}
      close={props.close}
    >
      <ChoiceList
        lines={lines()}
        first={props.open.id()}
        filter={{ query: query(), set: setQuery, placeholder: "Find a session" }}
        empty={messages.problem() ?? emptyWords(query(), isArchive())}
        isActive={question() === undefined}
        reserved={question() === undefined ? 0 : 3}
        choose={choose}
        keys={[
          { key: "Ctrl+n", run: () => client.route.go(undefined) },
          { key: "Ctrl+x", run: stop },
          { key: "Ctrl+e", run: () => void client.stopEverything() },
          { key: "Ctrl+r", run: (line) => ask("rename", line) },
          { key: "Ctrl+p", run: withSession((one) => pinSession(client, one.id, !isPinned(one))) },
          {
            key: "Ctrl+a",
            run: withSession((one) => archiveSession(client, one, one.archivedAt === undefined)),
          },
          { key: "Ctrl+f", run: withSession((one) => forkSession(client, one.id)) },
          { key: "Ctrl+d", run: remove },
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
