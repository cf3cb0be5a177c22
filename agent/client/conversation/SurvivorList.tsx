/** Processes that could not be killed, each with the reason, and a button that tries again. */
import { For } from "solid-js";
import type { Survivor } from "../../shared/protocol";
import { t, tn } from "../../shared/translation";
import { Button } from "../components/Button";
import { Callout } from "./Callout";
import { VisibleText } from "../components/VisibleText";

export interface SurvivorListProps {
  survivors: Survivor[];
  isTrying: boolean;
  tryAgain(): void;
  testId: string;
}

export function SurvivorList(props: SurvivorListProps) {
  return (
    <Callout role="alert" testId={props.testId}>
      <div>
        <strong>
          {tn(
            props.survivors.length,
            "{count} process could not be stopped",
            "{count} processes could not be stopped",
          )}
        </strong>
        <ul>
          <For each={props.survivors}>
            {({ pid, command, reason }) => (
              <li>
                <code>
                  {pid} <VisibleText text={command} />
                </code>
                <p>
                  <VisibleText text={reason} />
                </p>
              </li>
            )}
          </For>
        </ul>
        <Button disabled={props.isTrying} onClick={() => props.tryAgain()}>
          {t("Try again")}
        </Button>
      </div>
    </Callout>
  );
}
