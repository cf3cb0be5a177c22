/** @jsxImportSource @opentui/solid */
/** The MCP servers of the session: their states, all of one, and its tools. */
import { createMemo, createSignal, For, Show } from "solid-js";
import { useClient } from "../../client/state/client";
import { createMcpPanel, type McpPanel as Servers } from "../../client/state/mcp-panel";
import { mcpStateWords } from "../../client/state/mcp-words";
import type { McpEntry, McpServerView } from "../../shared/protocol";
import { Words } from "../conversation/Words";
import { ChoiceList, type Line } from "./ChoiceList";
import { McpReview } from "./McpReview";
import { McpToolList } from "./McpToolList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

export function McpPanel(props: PanelProps) {
  const client = useClient();
  const servers = createMcpPanel(() => ({
    cwd: props.open.chosen().cwd || client.models.models()?.cwd || "",
    id: props.open.id(),
  }));
  const [shownId, setShownId] = createSignal<string>();
  const [lastId, setLastId] = createSignal<string>();
  const [isOnTools, setOnTools] = createSignal(false);
  const entries = createMemo(() => servers.shown()?.entries ?? []);
  const entryOf = (id: string | undefined) => entries().find((entry) => idOf(entry) === id);
  const viewOf = (id: string | undefined) => {
    const entry = entryOf(id);
    return entry ? servers.viewOf(entry) : servers.ofSession().find((one) => idOf(one) === id);
  };

  const lines = createMemo((): Line[] => [
    ...entries().map((entry) => ({
      id: idOf(entry),
      text: entry.name,
      side: servers.busy() === entry.name ? "a moment…" : stateOf(servers, entry),
      words: servers.viewOf(entry)?.reason ?? `Of the ${entry.origin}`,
    })),
    ...servers.ofSession().map((view) => ({
      id: idOf(view),
      text: view.name,
      side: mcpStateWords[view.state],
      words: view.reason ?? "Given by the program that began the session",
    })),
  ]);
  const problems = () => [servers.problem(), ...(servers.shown()?.problems ?? [])].filter(Boolean);

  function show({ id }: Line): void {
    setLastId(id);
    setShownId(id);
    setOnTools(entryOf(id) === undefined);
  }

  function goBack(): void {
    if (isOnTools() && entryOf(shownId()) !== undefined) setOnTools(false);
    else setShownId(undefined);
  }

  return (
    <PanelFrame
      title="MCP servers"
      hints={
        shownId() === undefined
          ? ["Enter shows all of it", "r starts it anew", "Escape closes"]
          : [
              ...(isOnTools() && entryOf(shownId()) ? ["Enter switches it"] : []),
              "Escape goes back",
            ]
      }
      close={props.close}
    >
      <For each={problems()}>
        {(words) => <Words pieces={[{ text: words, exact: true, color: "warning" }]} />}
      </For>
      <Show when={shownId() === undefined}>
        <ChoiceList
          lines={lines()}
          first={lastId() ?? idOf(entries().find(({ standing }) => standing === "asked"))}
          empty="None. “rein mcp add” adds one; a project brings them in its .mcp.json."
          reserved={problems().length}
          choose={show}
          keys={[
            {
              key: "r",
              run: ({ id }) => {
                const entry = entryOf(id);
                if (entry?.standing === "on") void servers.restart(entry.name);
              },
            },
          ]}
        />
      </Show>
      <Show when={!isOnTools() && entryOf(shownId())}>
        {(entry) => (
          <Show when={`${entry().digest} ${entry().standing}`} keyed>
            {(_shown) => (
              <McpReview
                entry={entry()}
                servers={servers}
                showTools={() => setOnTools(true)}
                close={goBack}
              />
            )}
          </Show>
        )}
      </Show>
      <Show when={isOnTools() && shownId() !== undefined}>
        <McpToolList
          view={viewOf(shownId())}
          entry={entryOf(shownId())}
          servers={servers}
          reserved={problems().length}
          close={goBack}
        />
      </Show>
    </PanelFrame>
  );
}

function idOf(entry: Pick<McpServerView, "origin" | "name"> | undefined): string {
  return entry === undefined ? "" : `${entry.origin} ${entry.name}`;
}

function stateOf(servers: Servers, entry: McpEntry): string {
  return mcpStateWords[servers.viewOf(entry)?.state ?? "not-started"];
}
