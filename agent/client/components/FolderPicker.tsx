/** Chooses the directory in which a new session works: the ones used last, and those of the server, by keys alone or by a pointer. */
import { createEffect, For, onMount, Show } from "solid-js";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { isComposing } from "../keys";
import { useClient } from "../state/client";
import {
  createFolderPicker,
  type FolderEntry,
  type FolderPicker as Picker,
} from "../state/folder-picker";
import { lastName } from "../state/format";
import textStyles from "../styles/text-styles.module.css";
import { Button } from "./Button";
import styles from "./FolderPicker.module.css";
import { Icon } from "./Icon";
import { MachineSelect } from "./MachineSelect";
import { Problem } from "./Problem";
import { Sheet } from "./Sheet";
import { SheetSections } from "./SheetSection";
import { VisibleText } from "./VisibleText";

/** A name can have what would begin another line. */
const oneLine = (name: string) => name.replaceAll("\n", "⟨LF⟩").replaceAll("\t", "⟨HT⟩");

const optionId = (index: number) => `folder-${index}`;

export function FolderPicker() {
  const client = useClient();
  const close = () => client.setPanel("none");
  const cwd = () => client.current().chosen().cwd || client.models.models()?.cwd || "";
  const picker = createFolderPicker(cwd, (path) => {
    void client.current().change({ cwd: path });
    close();
  });
  return (
    <Sheet
      title={t("Working directory")}
      close={close}
      actions={
        <Show when={picker.shown()?.path === cwd()}>
          <Button onClick={() => client.setPanel("project")}>{t("This project…")}</Button>
        </Show>
      }
    >
      <SheetSections data-testid="folders">
        <div class={styles.top}>
          <Show when={client.current().id() === undefined && client.cluster.isShown()}>
            <MachineSelect choose={() => picker.forget()} />
          </Show>
          <Crumbs picker={picker} />
          <div class={styles.row}>
            <Field picker={picker} />
            <Button look="primary" onClick={() => void picker.workIn(picker.target())}>
              {t("Work in {folder}", {
                folder: visibleString(oneLine(lastName(picker.target()))),
              })}
            </Button>
          </div>
          <Problem words={picker.problem()} />
        </div>
        <Entries picker={picker} />
        <p class={styles.note}>
          {picker.note() || t("Commands run here, and files outside of it need your approval.")}
        </p>
      </SheetSections>
    </Sheet>
  );
}

function Crumbs(props: { picker: Picker }) {
  return (
    <nav class={styles.crumbs} aria-label={t("Where this is")}>
      <For each={props.picker.crumbs()}>
        {(crumb, index) => (
          <Button
            look="quiet"
            size="small"
            aria-current={index() === props.picker.crumbs().length - 1 ? "location" : undefined}
            title={visibleString(oneLine(crumb.path))}
            aria-label={crumb.path === "/" ? t("The root directory") : undefined}
            onClick={() => props.picker.go(crumb.path)}
          >
            <VisibleText text={oneLine(crumb.name)} exact />
          </Button>
        )}
      </For>
    </nav>
  );
}

function Field(props: { picker: Picker }) {
  let field!: HTMLInputElement;
  onMount(() => queueMicrotask(() => field.focus()));

  function onKeyDown(event: KeyboardEvent): void {
    if (isComposing(event)) return;
    const { picker } = props;
    const isEmpty = picker.typed() === "";
    const marked = picker.entries()[picker.marked()];
    if (event.key === "ArrowDown") picker.mark(1);
    else if (event.key === "ArrowUp") picker.mark(-1);
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey))
      void picker.workIn(marked?.path ?? picker.target());
    else if (event.key === "Enter") picker.take();
    else if (event.key === "ArrowRight" && isEmpty && marked !== undefined) picker.take(marked);
    else if ((event.key === "ArrowLeft" || event.key === "Backspace") && isEmpty) picker.up();
    else return;
    event.preventDefault();
  }

  return (
    <input
      ref={field}
      role="combobox"
      aria-label={t("Search, or type a path")}
      placeholder={t("Search, or type a path")}
      aria-expanded="true"
      aria-controls="folders-list"
      aria-autocomplete="list"
      aria-activedescendant={
        props.picker.marked() === -1 ? undefined : optionId(props.picker.marked())
      }
      autocomplete="off"
      autocapitalize="off"
      spellcheck={false}
      value={props.picker.typed()}
      onInput={(event) => props.picker.type(event.currentTarget.value)}
      onKeyDown={onKeyDown}
    />
  );
}

function Entries(props: { picker: Picker }) {
  let list!: HTMLDivElement;
  const first = () => props.picker.entries().findIndex(({ kind }) => kind === "folder");
  const recent = () => props.picker.entries().filter(({ kind }) => kind === "recent");
  const folders = () => props.picker.entries().filter(({ kind }) => kind === "folder");

  createEffect(() => {
    const marked = props.picker.marked();
    if (marked !== -1)
      list.querySelector(`#${optionId(marked)}`)?.scrollIntoView({ block: "nearest" });
  });

  return (
    <div
      ref={list}
      id="folders-list"
      class={styles.list}
      role="listbox"
      aria-label={t("Directories")}
      aria-busy={props.picker.isLoading()}
    >
      <Show when={recent().length > 0}>
        <div role="group" aria-label={t("Used last")}>
          <p class={styles.title} aria-hidden="true">
            {t("Used last")}
          </p>
          <For each={recent()}>
            {(entry, index) => <Entry picker={props.picker} entry={entry} index={index()} />}
          </For>
        </div>
      </Show>
      <Show when={folders().length > 0}>
        <div role="group" aria-label={t("Directories here")}>
          <p class={styles.title} aria-hidden="true">
            {t("Directories here")}
          </p>
          <For each={folders()}>
            {(entry, index) => (
              <Entry picker={props.picker} entry={entry} index={first() + index()} />
            )}
          </For>
        </div>
      </Show>
      <Show when={props.picker.entries().length === 0 && !props.picker.isLoading()}>
        <div class={styles.none} role="option" aria-disabled="true" aria-selected="false">
          {t("No directory here.")}
        </div>
      </Show>
    </div>
  );
}

function Entry(props: { picker: Picker; entry: FolderEntry; index: number }) {
  const side = () => {
    if (props.entry.kind === "recent") return props.entry.path;
    if (props.entry.isLink) return t("Link");
    return props.entry.isRepository ? t("Repository") : "";
  };
  return (
    <div
      id={optionId(props.index)}
      class={styles.entry}
      role="option"
      aria-selected={props.index === props.picker.marked()}
      // The field keeps the focus.
      onPointerDown={(event) => event.preventDefault()}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => props.picker.take(props.entry)}
    >
      <Icon name="folder" />
      <span class={`${styles.name} ${textStyles.truncated}`}>
        <VisibleText text={oneLine(props.entry.name)} exact />
      </span>
      <Show when={side()}>
        {(words) => (
          <span class={`${styles.side} ${textStyles.truncated}`}>
            <VisibleText text={oneLine(words())} exact />
          </span>
        )}
      </Show>
    </div>
  );
}
