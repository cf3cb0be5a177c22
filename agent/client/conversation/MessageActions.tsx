/** What can be done with a message of the person: the switch to what else was said in its place, its time, copy, edit, link. */
import { Show } from "solid-js";
import { textOf, typedCommand } from "../../shared/message-parts";
import type { Message } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { createCopying } from "../components/clipboard";
import { IconButton } from "../components/IconButton";
import { useOpen } from "../state/client";
import { fullTime, timeOfDay } from "../state/format";
import { pathOf } from "../state/route";
import styles from "./MessageActions.module.css";
import { PlaceSwitch } from "./PlaceSwitch";

export interface MessageActionsProps {
  message: Message;
  /** Whether it is the first of its run, which stands for all that was said to it. */
  isFirst: boolean;
}

export function MessageActions(props: MessageActionsProps) {
  const open = useOpen();
  const text = createCopying();
  const link = createCopying();
  const said = () =>
    props.message.command ? typedCommand(props.message.command) : textOf(props.message);
  const address = () => location.origin + pathOf(open.id(), props.message.id);
  return (
    <>
      <span
        class={styles.actions}
        role="group"
        aria-label={t("Message at {time}", { time: timeOfDay(props.message.createdAt) })}
      >
        <time
          class={styles.time}
          dateTime={new Date(props.message.createdAt).toISOString()}
          title={fullTime(props.message.createdAt)}
        >
          {timeOfDay(props.message.createdAt)}
        </time>
        <IconButton
          size="small"
          icon={text.state() === "copied" ? "check" : "copy"}
          label={text.state() === "ready" ? t("Copy message") : told(text.state())}
          isNews={text.state() !== "ready"}
          onClick={() => void text.copy(said())}
        />
        <Show when={props.isFirst}>
          <Edit runId={props.message.runId} />
        </Show>
        <IconButton
          size="small"
          icon={link.state() === "copied" ? "check" : "link"}
          label={link.state() === "ready" ? t("Copy link to the message") : told(link.state())}
          isNews={link.state() !== "ready"}
          onClick={() => void link.copy(address())}
        />
      </span>
      <Show when={props.isFirst && open.branch.places(props.message.runId).length > 1}>
        <PlaceSwitch runId={props.message.runId} />
      </Show>
    </>
  );
}

function told(state: "ready" | "copied" | "refused"): string {
  return state === "refused" ? t("Not allowed by the browser") : t("Copied");
}

function Edit(props: { runId: string }) {
  const { branch, editing, stage } = useOpen();
  const isIdle = () => stage() === "idle" || stage() === "stopped";
  const canEdit = () => branch.canSayAnew(props.runId);
  return (
    <Show when={isIdle()}>
      <IconButton
        size="small"
        icon="edit"
        label={
          canEdit()
            ? t("Edit")
            : t("Only the last message can be edited: this agent keeps the conversation for itself")
        }
        aria-disabled={!canEdit()}
        data-testid="edit"
        data-run={props.runId}
        onClick={() => editing.begin(props.runId)}
      />
    </Show>
  );
}
