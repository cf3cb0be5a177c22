/** Nothing has come from a model for long: the run goes on waiting, and a person may ask again. The input area has the Stop. It leaves when something comes. */
import { Show } from "solid-js";
import { activeRun } from "../../shared/session-lookup";
import type { OpenSession } from "../state/open-session";
import { Button } from "./Button";
import { Elapsed } from "./Elapsed";
import styles from "./LimitQuestion.module.css";

export function StallQuestion(props: { open: OpenSession }) {
  return (
    <Show when={activeRun(props.open.session)?.stall}>
      {(stall) => (
        <div class={styles.question} role="alert" data-testid="stall-question">
          <p>
            Nothing has come from the model for <Elapsed from={stall().since} />. Rein keeps
            waiting.
          </p>
          {/* An engine asks its model by itself. */}
          <Show when={props.open.session.engine === undefined}>
            <div class={styles.answers}>
              <Button look="primary" onClick={() => props.open.control.askAgain()}>
                Ask again
              </Button>
            </div>
          </Show>
        </div>
      )}
    </Show>
  );
}
