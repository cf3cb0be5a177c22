/** Nothing has come from a model for long: the run goes on waiting, and a person may ask again. The input area has the Stop. It leaves when something comes. */
import { Show } from "solid-js";
import { activeRun } from "../../shared/session-lookup";
import { t } from "../../shared/translation";
import type { OpenSession } from "../state/open-session";
import { Button } from "./Button";
import { Elapsed } from "./Elapsed";
import styles from "./LimitQuestion.module.css";
import { tr } from "./tr";

export function StallQuestion(props: { open: OpenSession }) {
  return (
    <Show when={activeRun(props.open.session)?.stall}>
      {(stall) => (
        <div class={styles.question} role="alert" data-testid="stall-question">
          <p>
            {tr("Nothing has come from the model for {time}. Rein keeps waiting.", {
              time: <Elapsed from={stall().since} />,
            })}
          </p>
          {/* An engine asks its model by itself. */}
          <Show when={props.open.session.engine === undefined}>
            <div class={styles.answers}>
              <Button look="primary" onClick={() => props.open.control.askAgain()}>
                {t("Ask again")}
              </Button>
            </div>
          </Show>
        </div>
      )}
    </Show>
  );
}
