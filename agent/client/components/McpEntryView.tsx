/** An MCP server in full: all that is started or called, what that does not show, and what has changed since it was allowed. */
import { For, type JSX, Show } from "solid-js";
import type { McpEntry, McpServerView } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { notShownWords } from "../state/beginning";
import { useClient } from "../state/client";
import type { McpPanel } from "../state/mcp-panel";
import { changedRows, type McpRow, mcpRows, mcpStateWords } from "../state/mcp-words";
import { Button } from "./Button";
import { McpActions } from "./McpActions";
import styles from "./McpServers.module.css";
import { McpTools } from "./McpTools";
import { createSeen } from "./seen-bands";
import { createStillness } from "./stillness";
import { VisibleText } from "./VisibleText";

export interface McpEntryViewProps {
  entry: McpEntry;
  panel: McpPanel;
  /** Its start is a trial, without a session. */
  isTrial: boolean;
}

export function McpEntryView(props: McpEntryViewProps) {
  return (
    <Frame name={props.entry.name} view={props.panel.viewOf(props.entry)}>
      {/* Drawn anew when the entry changes: nothing that was seen of the one before counts for it. */}
      <Show when={props.entry.digest} keyed>
        {(_digest) => <Question {...props} />}
      </Show>
    </Frame>
  );
}

function Question(props: McpEntryViewProps) {
  const { notices } = useClient();
  let shown!: HTMLDivElement;
  const isSeen = createSeen(() => shown);
  const isOfProject = () => props.entry.origin === "project";
  const standing = () => props.entry.standing;
  const refuseWords = () => (standing() === "on" ? t("No longer allow") : t("Refuse"));
  const refuseLabel = () =>
    standing() === "on"
      ? t("No longer allow {name}", { name: props.entry.name })
      : t("Refuse {name}", { name: props.entry.name });
  const reply = (said: "allow" | "refuse") => void props.panel.reply(props.entry, said);

  function allow(isStill: boolean): void {
    if (!isSeen()) notices.toast(notShownWords(), t("Scroll through it first."));
    else if (isStill) reply("allow");
  }

  return (
    <>
      <div ref={shown} class={styles.shown}>
        <Rows rows={mcpRows(props.entry.server)} />
        <For each={props.entry.warnings}>
          {(warning) => (
            <p class={styles.warning}>
              <VisibleText text={warning} exact />
            </p>
          )}
        </For>
        <Show when={props.entry.before}>
          <p class={styles.warning}>{t("It has changed since you allowed it. Before, it had:")}</p>
          <Rows rows={changedRows(props.entry)} />
        </Show>
      </div>
      <McpTools
        view={props.panel.viewOf(props.entry)}
        off={props.entry.offTools}
        change={(name, isOn) => void props.panel.switchTool(props.entry, { name }, isOn)}
      />
      <McpActions {...props}>
        <Show when={isOfProject() && standing() !== "refused"}>
          <Button aria-label={refuseLabel()} onClick={() => reply("refuse")}>
            {refuseWords()}
          </Button>
        </Show>
        <Show when={isOfProject() && standing() !== "on"}>
          <Allow name={props.entry.name} isSeen={isSeen()} allow={allow} />
        </Show>
      </McpActions>
    </>
  );
}

/** A press counts once the button has been in its place for a moment. */
function Allow(props: { name: string; isSeen: boolean; allow: (isStill: boolean) => void }) {
  let button!: HTMLButtonElement;
  const stillness = createStillness(() => button);
  return (
    <Button
      ref={button}
      aria-label={t("Allow {name}", { name: props.name })}
      aria-disabled={!props.isSeen || !stillness.isStill()}
      onClick={() => props.allow(stillness.check())}
    >
      {t("Allow")}
    </Button>
  );
}

/** One that the program which began the session has given: it is that program's to change. */
export function McpViewOnly(props: { view: McpServerView }) {
  return (
    <Frame name={props.view.name} view={props.view}>
      <McpTools view={props.view} off={[]} />
    </Frame>
  );
}

function Frame(props: { name: string; view: McpServerView | undefined; children: JSX.Element }) {
  return (
    <section class={styles.server} aria-label={props.name} data-testid={`mcp-${props.name}`}>
      <header>
        <h4>
          <VisibleText text={props.name} exact />
        </h4>
        <span>{mcpStateWords[props.view?.state ?? "not-started"]}</span>
      </header>
      <McpReason view={props.view} />
      {props.children}
    </section>
  );
}

export function McpReason(props: { view: McpServerView | undefined }) {
  return (
    <Show when={props.view?.reason}>
      {(reason) => (
        <p class={styles.warning}>
          <VisibleText text={reason()} />
        </p>
      )}
    </Show>
  );
}

function Rows(props: { rows: McpRow[] }) {
  return (
    <dl class={styles.rows}>
      <For each={props.rows}>
        {({ label, text }) => (
          <>
            <dt>
              <VisibleText text={label} exact />
            </dt>
            <dd>{text === null ? t("set") : <VisibleText text={text} exact />}</dd>
          </>
        )}
      </For>
    </dl>
  );
}
