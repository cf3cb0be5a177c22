/** The notes about a project: those that a model proposes, to be kept, edited or refused, and those that are kept. */
import { createSignal, For, Show } from "solid-js";
import type { MemoryLine } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
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
import { VisibleText } from "./VisibleText";

export function MemorySheet() {
  const client = useClient();
  const cwd = () => client.current().chosen().cwd || client.models.models()?.cwd || "";
  const panel = createMemoryPanel(cwd, client.changes);
  return (
    <Sheet title="Notes about this project" close={() => client.setPanel("none")}>
      <SheetSections data-testid="memory">
        <Problem words={panel.problem()} />
        <p class={settingsStyles.note}>
          Models are told what is kept here in each session in{" "}
          <code>
            <VisibleText text={panel.root()} />
          </code>
          , as facts and not as orders. What a model proposes counts only once you have kept it.
        </p>
        <Show when={panel.proposed().length > 0}>
          <SheetSection title="Proposed" data-testid="memory-proposed">
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
        <SheetSection title="Kept" data-testid="memory-kept">
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
            <p class={settingsStyles.note}>None yet.</p>
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
        {proposalWords(props.line)}
        <Show when={about()}>
          {(line) => (
            <>
              {" “"}
              <VisibleText text={line().text} exact />
              {"”"}
              {props.line.replaces ? ", by:" : ""}
            </>
          )}
        </Show>
      </p>
      <Show
        when={!isEditing()}
        fallback={
          <Editor
            text={props.line.text}
            label="The proposed note"
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
            aria-label={`Refuse: ${name()}`}
            onClick={() => void props.panel.remove(props.line)}
          >
            Refuse
          </Button>
          <Show when={props.line.removes === undefined}>
            <Button aria-label={`Edit: ${name()}`} onClick={() => setEditing(true)}>
              Edit
            </Button>
          </Show>
          <Button
            look="primary"
            aria-label={`${props.line.removes ? "Remove it" : "Keep"}: ${name()}`}
            onClick={() => void props.panel.keep(props.line)}
          >
            {props.line.removes ? "Remove it" : "Keep"}
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
            label="The note"
            save={(text) => props.panel.edit(props.line, text)}
            close={() => setEditing(false)}
          />
        }
      >
        <div class={styles.row}>
          <p class={styles.text}>
            <VisibleText text={props.line.text} />
          </p>
          <Button size="small" aria-label={`Edit: ${name()}`} onClick={() => setEditing(true)}>
            Edit
          </Button>
          <Button
            size="small"
            aria-label={`Remove: ${name()}`}
            onClick={() => void props.panel.remove(props.line)}
          >
            Remove
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
      <Button onClick={() => props.close()}>Cancel</Button>
      <Button type="submit" look="primary">
        Keep
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
    <form class={styles.editor} aria-label="New note" onSubmit={(event) => void submit(event)}>
      <input
        aria-label="A note about this project"
        placeholder="A note about this project, in one line"
        maxLength={mostNoteCharacters}
        value={typed()}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <Button type="submit">Add</Button>
    </form>
  );
}
