/** The notes about a project: those that a model proposes, to be kept, edited or refused, and those that are kept. */
import { createSignal, For, Show } from "solid-js";
import type { MemoryLine } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { bindLayer } from "../keys";
import { useClient } from "../state/client";
import { createMemoryPanel, type MemoryPanel } from "../state/memory-panel";
import { mostNoteCharacters, proposalWords } from "../state/memory-words";
import { Button, ButtonRow } from "./Button";
import styles from "./MemorySheet.module.css";
import { Problem } from "./Problem";
import settingsStyles from "./Settings.module.css";
import { Sheet } from "./Sheet";
import { SheetSection, SheetSections } from "./SheetSection";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

export function MemorySheet() {
  const client = useClient();
  const cwd = () => client.current().chosen().cwd || client.models.models()?.cwd || "";
  const panel = createMemoryPanel(cwd, client.changes);
  return (
    <Sheet title={t("Notes about this project")} close={() => client.setPanel("none")}>
      <SheetSections data-testid="memory">
        <Problem words={panel.problem()} />
        <p class={settingsStyles.note}>
          {tr(
            "Models are told what is kept here in each session in {path}, as facts and not as orders. What a model proposes counts only once you have kept it.",
            {
              path: (
                <code>
                  <VisibleText text={panel.root()} />
                </code>
              ),
            },
          )}
        </p>
        <Show when={panel.proposed().length > 0}>
          <SheetSection title={t("Proposed")} data-testid="memory-proposed">
            <ul class={styles.lines}>
              <For each={panel.proposed().map(({ id }) => id)}>
                {(id) => (
                  <Show when={panel.proposed().find((one) => one.id === id)}>
                    {(line) => <Proposed line={line()} panel={panel} />}
                  </Show>
                )}
              </For>
            </ul>
          </SheetSection>
        </Show>
        <SheetSection title={t("Kept")} data-testid="memory-kept">
          <ul class={styles.lines}>
            <For each={panel.kept().map(({ id }) => id)}>
              {(id) => (
                <Show when={panel.kept().find((one) => one.id === id)}>
                  {(line) => <Kept line={line()} panel={panel} />}
                </Show>
              )}
            </For>
          </ul>
          <Show when={panel.isLoaded() && panel.kept().length === 0}>
            <p class={settingsStyles.note}>{t("None yet.")}</p>
          </Show>
          <NewLine panel={panel} />
        </SheetSection>
      </SheetSections>
    </Sheet>
  );
}

function Proposed(props: { line: MemoryLine; panel: MemoryPanel }) {
  const [isEditing, setEditing] = createSignal(false);
  const about = () => props.panel.aboutOf(props.line);
  const name = () => visibleString(props.line.text || about()?.text || "").slice(0, 100);
  return (
    <li class={styles.line} data-testid="proposed-note">
      <p class={settingsStyles.note}>
        <Show when={about()} fallback={proposalWords(props.line)}>
          {(line) => (
            <>
              {props.line.removes === undefined
                ? tr("Would replace “{note}”, by:", {
                    note: <VisibleText text={line().text} exact />,
                  })
                : tr("Would remove “{note}”", { note: <VisibleText text={line().text} exact /> })}
            </>
          )}
        </Show>
      </p>
      <Show
        when={!isEditing()}
        fallback={
          <Editor
            text={props.line.text}
            label={t("The proposed note")}
            save={(text) => props.panel.keep(props.line, text)}
            close={() => setEditing(false)}
          />
        }
      >
        <Show when={props.line.removes === undefined}>
          <p class={styles.text}>
            <VisibleText text={props.line.text} exact />
          </p>
        </Show>
        <ButtonRow>
          <Button
            aria-label={t("Refuse: {note}", { note: name() })}
            onClick={() => void props.panel.remove(props.line)}
          >
            {t("Refuse")}
          </Button>
          <Show when={props.line.removes === undefined}>
            <Button
              aria-label={t("Edit: {note}", { note: name() })}
              onClick={() => setEditing(true)}
            >
              {t("Edit")}
            </Button>
          </Show>
          <Button
            look="primary"
            aria-label={
              props.line.removes
                ? t("Remove it: {note}", { note: name() })
                : t("Keep: {note}", { note: name() })
            }
            onClick={() => void props.panel.keep(props.line)}
          >
            {props.line.removes ? t("Remove it") : t("Keep")}
          </Button>
        </ButtonRow>
      </Show>
    </li>
  );
}

function Kept(props: { line: MemoryLine; panel: MemoryPanel }) {
  const [isEditing, setEditing] = createSignal(false);
  const name = () => visibleString(props.line.text).slice(0, 100);
  return (
    <li class={styles.line} data-testid="kept-note">
      <Show
        when={!isEditing()}
        fallback={
          <Editor
            text={props.line.text}
            label={t("The note")}
            save={(text) => props.panel.edit(props.line, text)}
            close={() => setEditing(false)}
          />
        }
      >
        <div class={styles.row}>
          <p class={styles.text}>
            <VisibleText text={props.line.text} />
          </p>
          <Button
            size="small"
            aria-label={t("Edit: {note}", { note: name() })}
            onClick={() => setEditing(true)}
          >
            {t("Edit")}
          </Button>
          <Button
            size="small"
            aria-label={t("Remove: {note}", { note: name() })}
            onClick={() => void props.panel.remove(props.line)}
          >
            {t("Remove")}
          </Button>
        </div>
      </Show>
    </li>
  );
}

interface EditorProps {
  text: string;
  label: string;
  /** Resolves with whether it was taken. */
  save: (text: string) => Promise<boolean>;
  close: () => void;
}

function Editor(props: EditorProps) {
  const [typed, setTyped] = createSignal(props.text);
  bindLayer(() => props.close());

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (typed().trim() !== "" && (await props.save(typed().trim()))) props.close();
  }

  return (
    <form class={styles.editor} onSubmit={(event) => void submit(event)}>
      <input
        ref={(field) => queueMicrotask(() => field.focus())}
        aria-label={props.label}
        maxLength={mostNoteCharacters}
        value={typed()}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <Button onClick={() => props.close()}>{t("Cancel")}</Button>
      <Button type="submit" look="primary">
        {t("Keep")}
      </Button>
    </form>
  );
}

function NewLine(props: { panel: MemoryPanel }) {
  const [typed, setTyped] = createSignal("");

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (typed().trim() !== "" && (await props.panel.add(typed().trim()))) setTyped("");
  }

  return (
    <form class={styles.editor} aria-label={t("New note")} onSubmit={(event) => void submit(event)}>
      <input
        aria-label={t("A note about this project")}
        placeholder={t("A note about this project, in one line")}
        maxLength={mostNoteCharacters}
        value={typed()}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <Button type="submit">{t("Add")}</Button>
    </form>
  );
}
