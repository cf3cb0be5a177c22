/** @jsxImportSource @opentui/solid */
/** The MCP servers of the session: their states, and all of one before it can be allowed. */
import type { BoxRenderable, ScrollBoxRenderable } from "@opentui/core";
import { createMemo, createSignal, For, onMount, Show } from "solid-js";
import { useClient } from "../../client/state/client";
import { createMcpPanel, type McpPanel as Servers } from "../../client/state/mcp-panel";
import { changedRows, type McpRow, mcpRows, mcpStateWords } from "../../client/state/mcp-words";
import type { McpEntry } from "../../shared/protocol";
import { createSeenRows } from "../conversation/seen-rows";
import { Words } from "../conversation/Words";
import { bindKey, bindLayer } from "../terminal-keys";
import { ChoiceList, type Line } from "./ChoiceList";
import { PanelFrame, usePanelSize } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

export function McpPanel(props: PanelProps) {
  const client = useClient();
  const servers = createMcpPanel(() => ({
    cwd: props.open.chosen().cwd || client.models.models()?.cwd || "",
    id: props.open.id(),
  }));
  const [shownId, setShownId] = createSignal<string>();
  const entries = createMemo(() => servers.shown()?.entries ?? []);
  const entryOf = (id: string | undefined) => entries().find((entry) => idOf(entry) === id);

  const lines = createMemo((): Line[] => [
    ...entries().map((entry) => ({
      id: idOf(entry),
      text: entry.name,
      side: servers.busy() === entry.name ? "a moment…" : stateOf(servers, entry),
      words: servers.viewOf(entry)?.reason ?? `Of the ${entry.origin}`,
    })),
    ...servers.ofSession().map(({ name, state, reason }) => ({
      id: `session ${name}`,
      text: name,
      side: mcpStateWords[state],
      words: reason ?? "Given by the program that began the session",
    })),
  ]);
  const problems = () => [servers.problem(), ...(servers.shown()?.problems ?? [])].filter(Boolean);

  return (
    <PanelFrame
      title="MCP servers"
      hints={
        shownId() === undefined
          ? ["Enter shows all of it", "r starts it anew", "Escape closes"]
          : ["Escape goes back"]
      }
      close={props.close}
    >
      <For each={problems()}>
        {(words) => <Words pieces={[{ text: words, exact: true, color: "warning" }]} />}
      </For>
      <Show
        when={entryOf(shownId())}
        fallback={
          <ChoiceList
            lines={lines()}
            first={idOf(entries().find(({ standing }) => standing === "asked"))}
            empty="None. “rein mcp add” adds one; a project brings them in its .mcp.json."
            reserved={problems().length}
            choose={({ id }) => entryOf(id) && setShownId(id)}
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
        }
      >
        {(entry) => (
          <Show when={`${entry().digest} ${entry().standing}`} keyed>
            {(_shown) => (
              <Review entry={entry()} servers={servers} close={() => setShownId(undefined)} />
            )}
          </Show>
        )}
      </Show>
    </PanelFrame>
  );
}

/** Drawn anew when the entry changes: nothing that was seen of the one before counts for it. */
function Review(props: { entry: McpEntry; servers: Servers; close: () => void }) {
  const size = usePanelSize();
  const seen = createSeenRows(() => true);
  let box: BoxRenderable | undefined;
  let view: ScrollBoxRenderable | undefined;
  bindLayer(() => props.close());
  onMount(() => view && (view.focusable = false));
  const { entry } = props;
  const isOfProject = entry.origin === "project";

  const canAllow = isOfProject && entry.standing !== "on";

  bindKey({ key: "Enter", when: () => true, run: () => box && seen.showMore(box) });
  bindKey({ key: "ArrowDown", when: () => true, run: () => view?.scrollBy(1) });
  bindKey({ key: "ArrowUp", when: () => true, run: () => view?.scrollBy(-1) });
  bindKey({
    key: "a",
    when: () => canAllow && seen.isSeen(),
    run: () => void props.servers.reply(entry, "allow"),
  });
  bindKey({
    key: "d",
    when: () => isOfProject && entry.standing !== "refused",
    run: () => void props.servers.reply(entry, "refuse"),
  });
  bindKey({
    key: "r",
    when: () => entry.standing === "on",
    run: () => void props.servers.restart(entry.name),
  });

  const keys = () =>
    [
      seen.isSeen() ? "" : `Enter: the next rows${canAllow ? ", before it can be allowed" : ""}`,
      canAllow && seen.isSeen() ? "a: allow" : "",
      isOfProject && entry.standing !== "refused"
        ? `d: ${entry.standing === "on" ? "no longer allow" : "refuse"}`
        : "",
      entry.standing === "on" ? "r: start anew" : "",
    ].filter(Boolean);

  return (
    <>
      <scrollbox
        ref={(one: ScrollBoxRenderable) => (view = one)}
        flexGrow={1}
        flexShrink={1}
        maxHeight={Math.max(1, size.height() - 3)}
      >
        <box
          ref={(one) => (box = one)}
          renderAfter={seen.look}
          flexDirection="column"
          flexShrink={0}
        >
          <Words
            pieces={[
              { text: entry.name, exact: true, bold: true },
              { text: ` · ${stateOf(props.servers, entry)}`, color: "muted" },
            ]}
          />
          <Show when={props.servers.viewOf(entry)?.reason}>
            {(reason) => <Words pieces={[{ text: reason(), color: "warning" }]} />}
          </Show>
          <Rows rows={mcpRows(entry.server)} />
          <For each={entry.warnings}>
            {(words) => <Words pieces={[{ text: words, exact: true, color: "warning" }]} />}
          </For>
          <Show when={entry.before}>
            <Words
              pieces={[
                { text: "It has changed since you allowed it. Before, it had:", color: "warning" },
              ]}
            />
            <Rows rows={changedRows(entry)} />
          </Show>
          <For each={props.servers.viewOf(entry)?.tools}>
            {({ name, description }) => (
              <Words
                pieces={[
                  { text: entry.offTools.includes(name) ? "– " : "· ", color: "muted" },
                  { text: name, exact: true },
                  { text: ` ${description}`, color: "muted" },
                ]}
              />
            )}
          </For>
        </box>
      </scrollbox>
      <Words pieces={[{ text: keys().join(" · "), color: "warning" }]} />
    </>
  );
}

function Rows(props: { rows: McpRow[] }) {
  return (
    <For each={props.rows}>
      {({ label, text }) => (
        <Words
          pieces={[
            { text: label, exact: true, color: "muted" },
            { text: ": ", color: "muted" },
            text === null ? { text: "set", color: "muted" } : { text, exact: true },
          ]}
          wrap="char"
        />
      )}
    </For>
  );
}

function idOf(entry: Pick<McpEntry, "origin" | "name"> | undefined): string {
  return entry === undefined ? "" : `${entry.origin} ${entry.name}`;
}

function stateOf(servers: Servers, entry: McpEntry): string {
  return mcpStateWords[servers.viewOf(entry)?.state ?? "not-started"];
}
