/** @jsxImportSource @opentui/solid */
/** What says how an agent works in the session's directory: first what of the project waits for an answer, then all that acts. */
import { createMemo, createResource, createSignal, For, onCleanup, Show } from "solid-js";
import { api, logFailure, requestTimeout } from "../../client/state/api-client";
import { useClient } from "../../client/state/client";
import { askedEntries } from "../../client/state/mcp-words";
import { createProjectPanel } from "../../client/state/project-panel";
import {
  definitionKey,
  definitionName,
  kindTitles,
  originWords,
  standingWords,
} from "../../client/state/project-words";
import type { Definition, DefinitionKind } from "../../shared/protocol";
import { Words } from "../conversation/Words";
import { ChoiceList, type Line } from "./ChoiceList";
import { DefinitionReview } from "./DefinitionReview";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

/** Ids of lines that are no definition. */
const all = "all";
const mcp = "mcp";

export function ProjectPanel(props: PanelProps) {
  const client = useClient();
  const cwd = () => props.open.chosen().cwd || client.models.models()?.cwd || "";
  const panel = createProjectPanel(cwd);
  const closing = new AbortController();
  onCleanup(() => closing.abort());
  const [servers] = createResource(cwd, (at) =>
    api
      .mcp(at, undefined, AbortSignal.any([closing.signal, requestTimeout()]))
      .catch((error: unknown) => {
        if (!closing.signal.aborted) logFailure("The MCP servers could not be loaded", error);
      }),
  );
  const askedServers = () => askedEntries(servers.latest ?? undefined);
  const [shownId, setShownId] = createSignal<string>();
  const [lastId, setLastId] = createSignal<string>();
  const shown = createMemo(() =>
    shownId() === all
      ? panel.asked()
      : panel.definitions().filter((one) => definitionKey(one) === shownId()),
  );
  const lines = createMemo(() => [...askedLines(), ...otherLines()]);

  function askedLines(): Line[] {
    const asked = panel.asked();
    const whole = { id: all, text: `All ${asked.length} of them`, side: "shown together" };
    const rows = [
      ...(asked.length > 1 ? [whole] : []),
      ...asked.map((one) => lineOf(one, kindTitles[one.kind])),
      ...askedServers().map(({ name }) => ({
        id: `${mcp} ${name}`,
        text: name,
        side: "MCP server",
        words: "Enter shows the MCP servers.",
      })),
    ];
    return headed("Waits for your answer", rows);
  }

  function otherLines(): Line[] {
    return (Object.keys(kindTitles) as DefinitionKind[]).flatMap((kind) =>
      headed(
        kindTitles[kind],
        panel
          .of(kind)
          .filter(({ standing }) => standing !== "asked")
          .map((one) => lineOf(one, `${originWords[one.origin]} · ${standingWords[one.standing]}`)),
      ),
    );
  }

  function choose({ id }: Line): void {
    if (id.startsWith(`${mcp} `)) return client.setPanel("mcp");
    setLastId(id);
    setShownId(id);
  }

  const problems = () =>
    [panel.problemOf(""), ...(panel.shown()?.problems ?? [])].filter((words) => words !== "");

  return (
    <PanelFrame
      title="What this project brings"
      hints={shownId() === undefined ? ["Enter shows all of it", "Escape closes"] : []}
      close={props.close}
    >
      <Show
        when={shown().length > 0}
        fallback={
          <>
            <For each={problems()}>
              {(words) => <Words pieces={[{ text: words, exact: true, color: "warning" }]} />}
            </For>
            <ChoiceList
              lines={lines()}
              first={lastId()}
              empty={
                panel.shown() === undefined ? "A moment…" : "Nothing says how an agent works here."
              }
              reserved={problems().length}
              choose={choose}
            />
          </>
        }
      >
        <Show when={shown().map(seenKey).join("\n")} keyed>
          {(_seen) => (
            <DefinitionReview
              definitions={shown()}
              panel={panel}
              close={() => setShownId(undefined)}
            />
          )}
        </Show>
      </Show>
    </PanelFrame>
  );
}

/** What was seen counts for this alone. */
function seenKey(one: Definition): string {
  return `${definitionKey(one)} ${one.digest} ${one.standing}`;
}

function lineOf(one: Definition, side: string): Line {
  return {
    id: definitionKey(one),
    text: definitionName(one),
    side,
    words: [one.path, one.description].filter(Boolean).join(" · "),
  };
}

function headed(title: string, lines: Line[]): Line[] {
  return lines.length === 0 ? [] : [{ id: `head ${title}`, text: title, isHead: true }, ...lines];
}
