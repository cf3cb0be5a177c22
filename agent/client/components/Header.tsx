/** The session's title, and how it works: model, permissions, directory; what it has used; and the rest in a menu. */
import { createMemo, createSignal, Show } from "solid-js";
import { ProcessesChip } from "../processes/ProcessesChip";
import { useClient } from "../state/client";
import { tokens } from "../state/format";
import { canSumUp, contextUse, sumUp } from "../state/summary-requests";
import textStyles from "../styles/text-styles.module.css";
import { Button } from "./Button";
import { DirectoryChip } from "./DirectoryChip";
import { download } from "./download";
import styles from "./Header.module.css";
import { Icon } from "./Icon";
import { Menu } from "./Menu";
import type { MenuEntry } from "./MenuPanel";
import { ModelPicker } from "./ModelPicker";
import { PermissionsSwitch } from "./PermissionsSwitch";
import { AtWork, stopEverythingEntry } from "./StopEverything";
import { TitleField } from "./TitleField";
import { UsageFacts } from "./UsageFacts";
import { VisibleText } from "./VisibleText";

export function Header() {
  const client = useClient();
  const [renaming, setRenaming] = createSignal(false);
  const session = () => client.current().session;
  const title = () => {
    const id = client.current().id();
    if (id === undefined) return session().title || "New session";
    // The list may know it before the session is loaded.
    return session().title || client.list.find(id)?.title || "Session";
  };
  return (
    <header class={styles.header}>
      <div class={styles.title}>
        <Button
          look="quiet"
          iconOnly
          class={styles.drawerButton}
          aria-label="Sessions"
          onClick={() => client.setPanel("sidebar")}
        >
          <Icon name="menu" />
        </Button>
        <Show
          when={renaming()}
          fallback={
            <h1
              class={textStyles.truncated}
              title={session().id === "" ? "" : "Double-click to rename"}
              onDblClick={() => setRenaming(session().id !== "")}
            >
              <VisibleText text={title()} />
            </h1>
          }
        >
          <TitleField
            title={session().title}
            save={(title) => client.current().change({ title })}
            close={() => setRenaming(false)}
          />
        </Show>
      </div>
      <div class={styles.chips}>
        <ModelPicker />
        <PermissionsSwitch />
        <DirectoryChip />
        <ProcessesChip />
      </div>
      <Used />
      <MoreMenu rename={() => setRenaming(true)} />
    </header>
  );
}

function Used() {
  const client = useClient();
  const session = () => client.current().session;
  const context = createMemo(() => contextUse(client));
  const isNearlyFull = () => context()?.isNearlyFull === true;
  const isIdle = () => ["idle", "stopped"].includes(client.current().stage());
  const total = () => session().usage.inputTokens + session().usage.outputTokens;
  return (
    <Show when={total() > 0}>
      <span class={styles.used}>
        <UsageFacts
          usage={session().usage}
          brief={{ counts: styles.counts, cache: styles.cache }}
        />
        <Show when={context()}>
          {(shown) => (
            <span
              data-testid="context"
              class={styles.context}
              data-nearly-full={isNearlyFull() ? "" : undefined}
              title={`${tokens(shown().used)} of ${tokens(shown().window)} tokens of context used`}
            >
              <progress aria-label="Context used" max={shown().window} value={shown().used} />
              {Math.min(100, Math.round((shown().used / shown().window) * 100))}%
              {isNearlyFull() ? " full" : ""}
            </span>
          )}
        </Show>
        <Show when={isNearlyFull() && isIdle() && canSumUp(client, client.current())}>
          <Button
            size="small"
            class={styles.summarize}
            title="The model’s context is nearly full: replace what came before with a summary"
            onClick={() => void sumUp(client, client.current())}
          >
            Summarize
          </Button>
        </Show>
      </span>
    </Show>
  );
}

function MoreMenu(props: { rename: () => void }) {
  const client = useClient();
  const ofSession = (id: string): MenuEntry[] => [
    { name: "Rename session", run: () => props.rename() },
    {
      name: "Export as Markdown",
      run: () => void download(`/api/sessions/${id}/export`, client.notices),
    },
    ...(canSumUp(client, client.current())
      ? [{ name: "Summarize", run: () => void sumUp(client, client.current()) }]
      : []),
    { name: "Processes", run: () => client.setPanel("processes") },
  ];
  return (
    <Menu
      label="More"
      button={{ look: "quiet", iconOnly: true, class: styles.more }}
      trigger={<Icon name="more" />}
      entries={[
        ...(client.current().id() === undefined ? [] : ofSession(client.current().id()!)),
        { name: "Shortcuts and commands", run: () => client.setPanel("help") },
        { name: "Settings", run: () => client.setPanel("settings") },
        { name: "MCP servers", run: () => client.setPanel("mcp") },
        { name: "What this project brings", run: () => client.setPanel("project") },
        { name: "Notes about this project", run: () => client.setPanel("memory") },
        { name: "Schedules", run: () => client.setPanel("schedules") },
        stopEverythingEntry(client),
      ]}
      note={<AtWork />}
    />
  );
}
