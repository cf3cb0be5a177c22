/** The comments on lines that go into the next message. */
import { For, Show } from "solid-js";
import { visibleName, visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { placeOf } from "../state/line-comments";
import type { OpenSession } from "../state/open-session";
import text from "../styles/text-styles.module.css";
import styles from "./CommentChips.module.css";
import { IconButton } from "./IconButton";
import { focusMessageField } from "./message-field";
import { VisibleText } from "./VisibleText";

export function CommentChips(props: { open: OpenSession }) {
  const { comments } = props.open;
  return (
    <Show when={comments.all().length > 0}>
      <ul
        class={styles.chips}
        aria-label={t("Comments for the next message")}
        data-testid="comments"
      >
        <For each={comments.all()}>
          {(comment) => (
            <li class={styles.chip} title={visibleString(comment.quote)}>
              <span class={`${text.path} ${text.truncated}`}>
                <VisibleText text={placeOf(comment)} isName />
              </span>
              <span class={`${text.muted} ${text.truncated}`}>
                <VisibleText text={comment.text} />
              </span>
              <IconButton
                icon="close"
                size="small"
                label={t("Remove the comment on {place}", {
                  place: visibleName(placeOf(comment)),
                })}
                onClick={() => {
                  comments.remove(comment.id);
                  focusMessageField();
                }}
              />
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}
