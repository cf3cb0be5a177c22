/** A summary: one line that opens into its text, and a button that undoes it while it is in use. */
import { type JSX, Show } from "solid-js";
import { branchOf } from "../../shared/branches";
import { textOf } from "../../shared/message-parts";
import type { Message } from "../../shared/protocol";
import { currentSummary } from "../../shared/summary";
import { t } from "../../shared/translation";
import { Button } from "../components/Button";
import { useClient, useOpen } from "../state/client";
import { undoSummary } from "../state/summary-requests";
import text from "../styles/text-styles.module.css";
import { Actions } from "./Actions";
import { Disclosure } from "./Disclosure";
import { summaryTitle } from "../state/message-words";
import { tailOf } from "../state/output-tail";
import { VisibleText } from "../components/VisibleText";

export function SummaryCard(props: { message: Message; children: JSX.Element }) {
  const client = useClient();
  const open = useOpen();
  const isIdle = () => open.stage() === "idle" || open.stage() === "stopped";
  const isBeingWritten = () => props.message.outcome === undefined;
  const isInUse = () => currentSummary(branchOf(open.session))?.id === props.message.id;
  return (
    <>
      <Disclosure
        testId="summary"
        summary={
          <span class={isBeingWritten() ? text.breathing : undefined}>
            {summaryTitle(props.message)}
          </span>
        }
        preview={isBeingWritten() ? tailOf(textOf(props.message), 1).text : undefined}
      >
        {props.children}
        <Show when={props.message.error}>
          {(error) => (
            <p>
              <VisibleText text={error().message} />
            </p>
          )}
        </Show>
      </Disclosure>
      <Show when={isInUse() && isIdle()}>
        <Actions>
          <Button
            size="small"
            title={t("The model sees the messages above again, in full")}
            onClick={() => void undoSummary(client, open, props.message.id)}
          >
            {t("Undo summary")}
          </Button>
        </Actions>
      </Show>
    </>
  );
}
