/** A window that covers the page beside the side bar, on a phone all of it. Escape and "back" close it; a run can be stopped from it. */
import { type JSX, onCleanup, onMount, Show } from "solid-js";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { bindLayer } from "../keys";
import { useClient } from "../state/client";
import { isAsking } from "../state/run-words";
import textStyles from "../styles/text-styles.module.css";
import { Button } from "./Button";
import { Icon } from "./Icon";
import { Notices } from "./Notices";
import { returnFocus } from "./return-focus";
import styles from "./Sheet.module.css";
import { StopButton } from "./StopButton";
import { VisibleText } from "./VisibleText";

export interface SheetProps {
  title: string;
  close: () => void;
  /** Beside the title. */
  actions?: JSX.Element;
  /** Its actions have a Stop of their own: on a narrow screen that is the only one. */
  hasStop?: boolean;
  /** One element, which scrolls. */
  children: JSX.Element;
}

export function Sheet(props: SheetProps) {
  let dialog!: HTMLDialogElement;
  const before = document.activeElement;
  const close = () => props.close();
  const isTop = useClient().route.cover(close);
  bindLayer(close);
  onMount(() => dialog.show());
  onCleanup(() => returnFocus(before));

  return (
    <dialog
      ref={dialog}
      class={styles.sheet}
      aria-label={visibleString(props.title)}
      inert={!isTop()}
      onClose={close}
    >
      <header>
        <h2 class={textStyles.truncated}>
          <VisibleText text={props.title} />
        </h2>
        {props.actions}
        <RunStop class={props.hasStop ? styles.wideOnly : undefined} />
        <Button look="quiet" iconOnly aria-label={t("Close")} autofocus onClick={close}>
          <Icon name="close" />
        </Button>
      </header>
      <Show when={isTop()} fallback={<div />}>
        <Notices />
      </Show>
      {props.children}
    </dialog>
  );
}

/** The Stop of the run that goes on beneath, with what it waits for. */
export function RunStop(props: { class?: string | undefined }) {
  const client = useClient();
  const open = () => client.current();
  const isActive = () => open().stage() === "running" || open().stage() === "stopping";
  return (
    <Show when={isActive()}>
      <div class={`${styles.run} ${props.class ?? ""}`}>
        <Show when={isAsking(open())}>
          <span class={textStyles.problem}>{t("Needs your answer")}</span>
        </Show>
        <StopButton
          isInSheet
          undelivered={open().isUndelivered()}
          stopping={open().stage() === "stopping"}
          asking={open().confirmation.isAsking()}
          onStop={() => open().stop()}
        />
      </div>
    </Show>
  );
}
