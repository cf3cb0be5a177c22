/** A field for instructions, which models are told: with what another window or program has changed meanwhile. */
import { createSignal, Show } from "solid-js";
import { t } from "../../shared/translation";
import { createEditedText, type SavedText } from "../state/edited-text";
import { Button, ButtonRow } from "./Button";
import styles from "./Settings.module.css";
import { Problem } from "./Problem";
import textStyles from "../styles/text-styles.module.css";

export interface InstructionsFieldProps {
  label: string;
  /** Of what is typed and not saved yet. */
  name: string;
  saved: SavedText | undefined;
  maxLength: number;
  /** Why it cannot be changed. */
  problem: string | undefined;
  isFixed?: boolean;
  /** Resolves with whether it was saved. */
  save: (text: string, digest: string) => Promise<boolean>;
}

export function InstructionsField(props: InstructionsFieldProps) {
  const [isSaving, setSaving] = createSignal(false);
  const edited = createEditedText(
    () => `rein.unsaved.${props.name}`,
    () => props.saved,
  );

  async function save(): Promise<void> {
    const text = edited.text();
    setSaving(true);
    // What was typed meanwhile is an edit of what is saved now.
    if (await props.save(text, edited.digest()))
      (edited.text() === text ? edited.takeSaved : edited.keepMine)();
    setSaving(false);
  }

  return (
    <form
      class={styles.list}
      onSubmit={(event) => {
        event.preventDefault();
        if (!edited.isStale()) void save();
      }}
    >
      <textarea
        aria-label={props.label}
        rows="6"
        spellcheck={false}
        maxLength={props.maxLength}
        readOnly={props.isFixed || props.saved === undefined}
        value={edited.text()}
        onInput={(event) => edited.type(event.currentTarget.value)}
      />
      <Problem words={edited.isStale() ? undefined : props.problem} />
      <Show
        when={edited.isStale()}
        fallback={
          <ButtonRow>
            <Show when={edited.isEdited()}>
              <Button onClick={() => edited.takeSaved()}>{t("Discard")}</Button>
            </Show>
            <Button
              type="submit"
              look="primary"
              disabled={!edited.isEdited() || isSaving() || props.isFixed}
            >
              {t("Save")}
            </Button>
          </ButtonRow>
        }
      >
        <p class={textStyles.problem} role="alert">
          {t("It was changed elsewhere since you began to edit it. What you typed is kept.")}
        </p>
        <ButtonRow>
          <Button onClick={() => edited.takeSaved()}>{t("Discard mine")}</Button>
          <Button
            onClick={() => {
              edited.keepMine();
              void save();
            }}
          >
            {t("Replace it with mine")}
          </Button>
        </ButtonRow>
      </Show>
    </form>
  );
}
