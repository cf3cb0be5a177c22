/** A comment on lines that is being written; it goes into the next message. */
import { onMount } from "solid-js";
import { t } from "../../shared/translation";
import { Button, ButtonRow } from "../components/Button";
import { isComposing } from "../keys";
import { useClient, useOpen } from "../state/client";
import { mostComments } from "../state/line-comments";
import { bindLayer } from "../keys";
import { type CodeLine, quoteOf, rangeOf } from "./code-lines";
import styles from "./CodeLines.module.css";

export interface CommentFormProps {
  path: string;
  lines: CodeLine[];
  close(): void;
}

export function CommentForm(props: CommentFormProps) {
  const client = useClient();
  const open = useOpen();
  let field!: HTMLTextAreaElement;
  const close = () => props.close();
  bindLayer(close);
  onMount(() => field.focus());

  function add(): void {
    const { path, lines } = props;
    const text = field.value.trim();
    if (text === "") return field.focus();
    if (!open.comments.add({ path, ...rangeOf(lines), quote: quoteOf(lines), text }))
      return client.notices.toast(
        t("A message takes at most {count} comments.", { count: mostComments }),
      );
    props.close();
  }

  return (
    <form
      class={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <textarea
        ref={field}
        rows="2"
        name="comment"
        aria-label={t("Comment")}
        placeholder={t("Comment for the next message")}
        onKeyDown={(event) => {
          const isAdd = event.key === "Enter" && (event.ctrlKey || event.metaKey);
          if (!isAdd || isComposing(event)) return;
          event.preventDefault();
          add();
        }}
      />
      <ButtonRow>
        <Button size="small" onClick={close}>
          {t("Cancel")}
        </Button>
        <Button size="small" type="submit" look="primary" title={t("Ctrl or ⌘ + Enter")}>
          {t("Add comment")}
        </Button>
      </ButtonRow>
    </form>
  );
}
