/** @jsxImportSource @opentui/solid */
/** Finds words in what was said and done in the session: each place with the words around it, the newest first. The conversation then shows it. */
import { createEffect, createMemo, createSignal, on, onCleanup, Show } from "solid-js";
import { visibleString } from "../../shared/visible-text";
import { useClient } from "../../client/state/client";
import { useSelection } from "../card-selection";
import { bindKey, bindLayer } from "../terminal-keys";
import { colors } from "../theme";
import { ChoiceList, type Line } from "./ChoiceList";
import { type Found, findInSession } from "./find-in-session";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

export function SearchPanel(props: PanelProps) {
  const client = useClient();
  const selection = useSelection();
  const [query, setQuery] = createSignal("");
  const [shownId, setShownId] = createSignal<string>();
  const found = createMemo(() => findInSession(props.open.session, query()));
  const shown = () => found().find(({ id }) => id === shownId());
  const lines = createMemo(() =>
    found().map(({ id, who, before, match, after }): Line => ({
      id,
      text: `${before}${match}${after}`.trim(),
      side: who,
    })),
  );
  const title = () =>
    query() === ""
      ? "Search"
      : `Search · ${found().length} found${props.open.session.earlier ? " so far" : ""}`;
  loadWhile(props, () => query() !== "");

  /** To the next or the previous place. */
  function go(by: 1 | -1): void {
    const at = found().findIndex(({ id }) => id === shownId());
    setShownId(found()[at + by]?.id ?? shownId());
  }

  /** The conversation scrolls there. */
  function reveal({ message, part, text, at, match }: Found): void {
    props.close();
    client.expand(undefined);
    const before = text.slice(0, at).toLowerCase().split(match.toLowerCase()).length - 1;
    selection.reveal({ messageId: message.id, partId: part.id, words: match, before });
  }

  return (
    <PanelFrame
      title={title()}
      hints={
        shown() === undefined
          ? ["Type to search", "Up and Down choose", "Enter shows the place"]
          : ["Enter goes there", "n next", "p previous", "Escape goes back"]
      }
      close={props.close}
    >
      <Show
        when={shown()}
        fallback={
          <ChoiceList
            lines={lines()}
            filter={{ query: query(), set: setQuery, placeholder: "Find in this conversation" }}
            empty={query() === "" ? "Type what you look for." : "Nothing found."}
            choose={({ id }) => setShownId(id)}
          />
        }
      >
        {(place) => (
          <FoundView
            place={place()}
            go={go}
            reveal={() => reveal(place())}
            close={() => setShownId(undefined)}
          />
        )}
      </Show>
    </PanelFrame>
  );
}

/** The messages that were left out when the session was opened are searched, too. */
function loadWhile({ open }: PanelProps, isSearching: () => boolean): void {
  const closing = new AbortController();
  onCleanup(() => closing.abort());
  async function load(): Promise<void> {
    for (let left = open.session.earlier; left && !closing.signal.aborted && isSearching();) {
      await open.loadEarlier();
      // It has said why nothing came.
      if (open.session.earlier === left) return;
      left = open.session.earlier;
    }
  }
  createEffect(on(createMemo(isSearching), (is) => is && void load()));
}

interface FoundViewProps {
  place: Found;
  go: (by: 1 | -1) => void;
  reveal: () => void;
  close: () => void;
}

/** In characters, on each side. */
const mostShown = 3000;

/** The text around a place, which is marked in it. */
function FoundView(props: FoundViewProps) {
  bindLayer(() => props.close());
  bindKey({ key: "n", repeats: true, when: () => true, run: () => props.go(1) });
  bindKey({ key: "p", repeats: true, when: () => true, run: () => props.go(-1) });
  bindKey({ key: "Enter", when: () => true, run: () => props.reveal() });
  const before = () => {
    const { text, at } = props.place;
    // The lines just above are in sight with the place.
    const start = text.lastIndexOf("\n", Math.max(0, at - 200));
    return visiblePiece(text.slice(Math.max(0, start + 1, at - mostShown), at));
  };
  const after = () => {
    const { text, at, match } = props.place;
    return visiblePiece(text.slice(at + match.length, at + match.length + mostShown));
  };
  return (
    <box flexDirection="column" flexGrow={1} minHeight={0}>
      <text fg={colors.accent} flexShrink={0}>
        {visibleString(props.place.who)}
      </text>
      <scrollbox flexGrow={1} minHeight={0} focused>
        <text fg={colors.text}>
          {before()}
          <span style={{ fg: colors.panel, bg: colors.warning }}>
            {visiblePiece(props.place.match)}
          </span>
          {after()}
        </text>
      </scrollbox>
    </box>
  );
}

/** Of a line that goes on: a space at its end is not that of the line. */
function visiblePiece(text: string): string {
  return visibleString(`${text}.`).slice(0, -1);
}
