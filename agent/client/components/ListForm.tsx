/** A list of words, edited one a line, and saved by its own button. */
import { createSignal, Show } from "solid-js";
import { t } from "../../shared/translation";
import { Button, ButtonRow } from "./Button";
import styles from "./Settings.module.css";

interface ListFormProps {
  label: string;
  note: string;
  list: string[];
  /** What is shown is not what holds, though nothing was typed. */
  isUnsaved?: boolean;
  save(list: string[]): Promise<boolean>;
}

export function ListForm(props: ListFormProps) {
  const [typed, setTyped] = createSignal<string>();
  const shown = () => typed() ?? props.list.join("\n");

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const list = shown()
      .split(/[\s,]+/)
      .filter((one) => one !== "");
    if (await props.save(list)) setTyped(undefined);
  }

  return (
    <form class={styles.list} onSubmit={(event) => void submit(event)}>
      <label>
        {props.label}
        <textarea
          rows={Math.min(6, Math.max(2, props.list.length + 1))}
          spellcheck={false}
          autocapitalize="off"
          value={shown()}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
      <p class={styles.note}>{props.note}</p>
      <Show when={typed() !== undefined || props.isUnsaved}>
        <ButtonRow>
          <Button type="submit" look="primary">
            {t("Save")}
          </Button>
        </ButtonRow>
      </Show>
    </form>
  );
}
