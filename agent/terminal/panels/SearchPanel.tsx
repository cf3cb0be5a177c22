/** @jsxImportSource @opentui/solid */
/** Finds words in what was said and done in the session: each place with the words around it, the newest first. */
import { createMemo, createSignal, Show } from "solid-js";
import { visibleString } from "../../shared/visible-text";
import { useSelection } from "../card-selection";
import { bindKey, bindLayer } from "../terminal-keys";
import { colors } from "../theme";
import { ChoiceList, type Line } from "./ChoiceList";
import { type Found, findInSession } from "./find-in-session";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

export function SearchPanel(props: PanelProps) {
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
  const title = () => (query() === "" ? "Search" : `Search · ${found().length} found`);

  /** To the next or the previous place. */
  function go(by: 1 | -1): void {
    const at = found().findIndex(({ id }) => id === shownId());
    setShownId(found()[at + by]?.id ?? shownId());
  }

  const cardHint = () => (shown()?.part.type === "tool-call" ? ["c shows the card"] : []);

  /** The card of a tool call is shown in the conversation. */
  function toCard(): void {
    const part = shown()?.part;
    if (part?.type !== "tool-call") return;
    props.close();
    selection.select(part.id);
  }

  return (
    <PanelFrame
      title={title()}
      hints={
        shown() === undefined
          ? ["Type to search", "Up and Down choose", "Enter shows the place"]
          : ["n next", "p previous", ...cardHint(), "Escape goes back"]
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
          <FoundView place={place()} go={go} toCard={toCard} close={() => setShownId(undefined)} />
        )}
      </Show>
    </PanelFrame>
  );
}

interface FoundViewProps {
  place: Found;
  go: (by: 1 | -1) => void;
  toCard: () => void;
  close: () => void;
}

/** In characters, on each side. */
const mostShown = 3000;

/** The text around a place, which is marked in it. */
function FoundView(props: FoundViewProps) {
  bindLayer(() => props.close());
  bindKey({ key: "n", repeats: true, when: () => true, run: () => props.go(1) });
  bindKey({ key: "p", repeats: true, when: () => true, run: () => props.go(-1) });
  bindKey({ key: "c", when: () => true, run: () => props.toCard() });
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
