/** The session's title, and how it works: model, permissions, directory; what it has used; and the rest in a menu. */
import { createMemo, createSignal, Show } from "solid-js";
import { languageId, t } from "../../shared/translation";
import { ProcessesChip } from "../processes/ProcessesChip";
import { useClient } from "../state/client";
import { tokens } from "../state/format";
import { canSumUp, contextUse, sumUp } from "../state/summary-requests";
import textStyles from "../styles/text-styles.module.css";
import { Button } from "./Button";
import { deferred, deferredValue } from "./deferred";
import { DirectoryChip } from "./DirectoryChip";
import styles from "./Header.module.css";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import { Menu } from "./Menu";
import { ModelPicker } from "./ModelPicker";
import { PermissionsSwitch } from "./PermissionsSwitch";
import { TitleField } from "./TitleField";
import { UsageFacts } from "./UsageFacts";
import { VisibleText } from "./VisibleText";

const AtWork = deferred(async () => (await import("./StopEverything")).AtWork);

export function Header() {
  const client = useClient();
  const [renaming, setRenaming] = createSignal(false);
  const session = () => client.current().session;
  const title = () => {
    const id = client.current().id();
    if (id === undefined) return session().title || t("New session");
    // The list may know it before the session is loaded.
    return session().title || client.list.find(id)?.title || t("Session");
  };
  return (
    <header class={styles.header}>
      <div class={styles.title}>
        <Button
          look="quiet"
          iconOnly
          class={styles.drawerButton}
          aria-label={t("Sessions")}
          onClick={() => client.setPanel("sidebar")}
        >
          <Icon name="menu" />
        </Button>
        <Show
          when={renaming()}
          fallback={
            <h1
              class={textStyles.truncated}
              title={session().id === "" ? "" : t("Double-click to rename")}
              onDblClick={() => setRenaming(session().id !== "")}
            >
              <VisibleText text={title()} />
            </h1>
          }
        >
          <TitleField
            title={session().title}
            save={(title) => void client.current().change({ title })}
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
      <IconButton
        icon="panel"
        label={t("Side panel")}
        keys={t("Ctrl or ⌘ + B")}
        class={styles.panel}
        aria-pressed={client.side.shown() !== undefined}
        onClick={() => (client.side.shown() ? client.side.close() : client.side.open())}
      />
      <MoreMenu rename={() => setRenaming(true)} />
    </header>
  );
}

function Used() {
  const client = useClient();
  const session = () => client.current().session;
  const context = createMemo(() => contextUse(client));
  const isNearlyFull = () => context()?.isNearlyFull === true;
  const percent = () => {
    const { used, window } = context() ?? { used: 0, window: 1 };
    return Math.min(1, used / window).toLocaleString(languageId(), { style: "percent" });
  };
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
              title={t("{used} of {window} tokens of context used", {
                used: tokens(shown().used),
                window: tokens(shown().window),
              })}
            >
              <progress aria-label={t("Context used")} max={shown().window} value={shown().used} />
              {isNearlyFull() ? t("{percent} full", { percent: percent() }) : percent()}
            </span>
          )}
        </Show>
        <Show when={isNearlyFull() && isIdle() && canSumUp(client, client.current())}>
          <Button
            size="small"
            class={styles.summarize}
            title={t("The model’s context is nearly full: replace what came before with a summary")}
            onClick={() => void sumUp(client, client.current())}
          >
            {t("Summarize")}
          </Button>
        </Show>
      </span>
    </Show>
  );
}

const headerEntries = deferredValue(async () => (await import("./header-entries")).headerEntries);

function MoreMenu(props: { rename: () => void }) {
  const client = useClient();
  return (
    <Menu
      label={t("More")}
      button={{ look: "quiet", iconOnly: true, class: styles.more }}
      trigger={<Icon name="more" />}
      entries={headerEntries()?.(client, props.rename) ?? []}
      note={<AtWork />}
    />
  );
}
