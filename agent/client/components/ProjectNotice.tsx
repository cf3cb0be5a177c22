/** Says above the composer what the session's project brings that waits for an answer, and how many notes are proposed. */
import { Show } from "solid-js";
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import type { OpenSession } from "../state/open-session";
import { askedWordsOf, createProjectAsked } from "../state/project-asked";
import { proposedWords } from "../state/project-words";
import { Button } from "./Button";
import styles from "./LimitQuestion.module.css";

export function ProjectNotice(props: { open: OpenSession }) {
  const client = useClient();
  const asked = createProjectAsked(client, () => props.open);
  const words = () => askedWordsOf(asked());
  const notes = () => asked()?.notes ?? 0;
  return (
    <>
      <Show when={words()}>
        <div class={styles.question} role="status" data-testid="project-notice">
          <div>{words()}</div>
          <Button size="small" onClick={() => client.setPanel("project")}>
            {t("Review")}
          </Button>
        </div>
      </Show>
      <Show when={notes() > 0}>
        <div class={styles.question} role="status" data-testid="memory-notice">
          <div>{proposedWords(notes())}</div>
          <Button
            size="small"
            aria-label={t("Review the notes")}
            onClick={() => client.setPanel("memory")}
          >
            {t("Review")}
          </Button>
        </div>
      </Show>
    </>
  );
}
