/** The queued messages as chips above the input: each says what it waits for, and can be changed. */
import { createSignal, For, Show } from "solid-js";
import type { QueuedMessage } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { bindLayer, isComposing } from "../keys";
import { useClient } from "../state/client";
import { reachesTurn } from "../state/engine-list";
import type { OpenSession } from "../state/open-session";
import { isHeld, queuedDetails, queuedName, queuedText, queuedWords } from "../state/queue-words";
import { Button } from "./Button";
import { Icon } from "./Icon";
import styles from "./Queue.module.css";

export function Queue(props: { open: OpenSession }) {
  const { session, control, stage } = props.open;
  const { engines } = useClient().engines;
  const isBusy = () => stage() === "running" || stage() === "stopping";
  return (
    <Show when={session.queue.length > 0}>
      <ol class={styles.queue} aria-label={t("Queued messages")} data-testid="queue">
        {/* By id: what is being edited outlives the change of another. */}
        <For each={session.queue.map(({ id }) => id)}>
          {(id, index) => {
            const message = () => session.queue.find((one) => one.id === id);
            return (
              <Show when={message()}>
                {(shown) => (
                  <Chip
                    message={shown()}
                    isBusy={isBusy()}
                    canTell={reachesTurn(engines(), session)}
                    isStopping={stage() === "stopping"}
                    isFirst={index() === 0}
                    moveUp={() => control.changeQueued(id, { position: index() - 1 })}
                    sendNow={() => control.changeQueued(id, { waitsFor: "turn" })}
                    again={() => control.changeQueued(id, { waitsFor: "run" })}
                    save={(text) => control.changeQueued(id, { message: text })}
                    remove={() => control.unqueue(id)}
                  />
                )}
              </Show>
            );
          }}
        </For>
      </ol>
    </Show>
  );
}

interface ChipProps {
  message: QueuedMessage;
  isBusy: boolean;
  canTell: boolean;
  isStopping: boolean;
  isFirst: boolean;
  moveUp(): void;
  sendNow(): void;
  again(): void;
  save(text: string): void;
  remove(): void;
}

function Chip(props: ChipProps) {
  const [editing, setEditing] = createSignal(false);
  /** For labels. */
  const name = () => queuedName(props.message);
  const isKept = () => isHeld(props.message, props.isBusy);
  return (
    <li
      class={styles.queued}
      data-testid="queued"
      data-state={isKept() ? "kept" : props.message.waitsFor}
    >
      <span class={styles.state} title={queuedDetails(props.message, props.isBusy)}>
        {queuedWords(props.message, props.isBusy)}
      </span>
      <Show
        when={!editing()}
        fallback={
          <Editor
            text={props.message.text}
            save={(text) => {
              setEditing(false);
              if (text !== props.message.text) props.save(text);
            }}
            close={() => setEditing(false)}
          />
        }
      >
        <Button
          data-testid="queued-text"
          class={styles.text}
          title={t("Edit")}
          aria-label={t("Edit: {message}", { message: name() })}
          onClick={() => setEditing(true)}
        >
          {queuedText(props.message)}
        </Button>
      </Show>
      <Show when={!props.isStopping}>
        <Show
          when={(props.message.waitsFor !== "turn" || isKept()) && (props.canTell || !props.isBusy)}
        >
          <Button
            size="small"
            aria-label={
              props.isBusy
                ? t("Now: {message}", { message: name() })
                : t("Send now: {message}", { message: name() })
            }
            title={
              props.isBusy ? t("Tell the model before its next turn") : t("Send this message now")
            }
            onClick={() => props.sendNow()}
          >
            {t("Send now")}
          </Button>
        </Show>
        <Show when={props.isBusy && props.message.waitsFor === "person"}>
          <Button size="small" onClick={() => props.again()}>
            {t("Next")}
          </Button>
        </Show>
      </Show>
      <Show when={!props.isFirst}>
        <Button
          look="quiet"
          size="small"
          iconOnly
          aria-label={t("Move up: {message}", { message: name() })}
          onClick={() => props.moveUp()}
        >
          <Icon name="send" />
        </Button>
      </Show>
      <Button
        look="quiet"
        size="small"
        iconOnly
        aria-label={t("Remove: {message}", { message: name() })}
        onClick={() => props.remove()}
      >
        <Icon name="close" />
      </Button>
    </li>
  );
}

function Editor(props: { text: string; save: (text: string) => void; close: () => void }) {
  let field!: HTMLInputElement;
  bindLayer(() => props.close());
  return (
    <input
      ref={(element) => {
        field = element;
        queueMicrotask(() => field.focus());
      }}
      class={styles.edit}
      aria-label={t("Edit the queued message")}
      value={props.text}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || isComposing(event)) return;
        event.preventDefault();
        props.save(field.value.trim() || props.text);
      }}
      onBlur={() => props.save(field.value.trim() || props.text)}
    />
  );
}
