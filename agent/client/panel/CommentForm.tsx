/** A comment on lines that is being written; it goes into the next message. */
import { onMount } from "solid-js";
import { t } from "../../shared/translation";
import { Button, ButtonRow } from "../components/Button";
import { bindKey, isComposing } from "../keys";
import styles from "./CodeLines.module.css";

export interface CommentFormProps {
  text: string;
  write(text: string): void;
  add(): void;
  cancel: () => void;
}

export function CommentForm(props: CommentFormProps) {
  let form!: HTMLFormElement;
  let field!: HTMLTextAreaElement;
  // Elsewhere Escape stops the run, and leaves what is written here.
  bindKey({
    key: "Escape",
    when: () => form.contains(document.activeElement),
    run: () => props.cancel(),
  });
  onMount(() => field.focus());

  function add(): void {
    if (props.text.trim() === "") field.focus();
    else props.add();
  }

  return (
    <form
      ref={form}
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
        value={props.text}
        onInput={(event) => props.write(event.currentTarget.value)}
        onKeyDown={(event) => {
          const isAdd = event.key === "Enter" && (event.ctrlKey || event.metaKey);
          if (!isAdd || isComposing(event)) return;
          event.preventDefault();
          add();
        }}
      />
      <ButtonRow>
        <Button size="small" onClick={() => props.cancel()}>
          {t("Cancel")}
        </Button>
        <Button size="small" type="submit" look="primary" title={t("Ctrl or ⌘ + Enter")}>
          {t("Add comment")}
        </Button>
      </ButtonRow>
    </form>
  );
}
