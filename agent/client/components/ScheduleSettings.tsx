/** The schedules: what runs by itself, when, how it went last, and what of it was missed; added, edited, paused, run and removed. */
import { createSignal, For, Show } from "solid-js";
import type { Schedule } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import { createScheduleList, type ScheduleList } from "../state/schedule-list";
import {
  boundWords,
  lastWords,
  missedWords,
  nextWords,
  sentWords,
  whenWords,
} from "../state/schedule-words";
import { settingsTitles } from "../state/settings-sections";
import { Button, ButtonRow } from "./Button";
import styles from "./McpServers.module.css";
import ownStyles from "./ScheduleSettings.module.css";
import { Problem } from "./Problem";
import { ScheduleForm } from "./ScheduleForm";
import { AddedEntry, SettingsEntry } from "./SettingsEntry";
import settingsStyles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { VisibleText } from "./VisibleText";

export function ScheduleSettings() {
  const client = useClient();
  const list = createScheduleList(client.changes);
  const [isAdding, setAdding] = createSignal(false);
  let add: HTMLButtonElement | undefined;

  return (
    <SheetSection
      title={settingsTitles.schedules}
      isReady={!list.isReading()}
      isWanted={client.panel() === "schedules"}
      data-testid="schedules"
    >
      <p class={settingsStyles.note}>
        {t(
          "A message that is sent by itself, each time in a session of its own, while the server runs. Nobody is asked in it: what would be asked is denied.",
        )}
      </p>
      <Problem words={isAdding() ? "" : list.problemOf("")} />
      <Show when={list.schedules()?.length === 0 && !isAdding()}>
        <p class={settingsStyles.note}>{t("None yet.")}</p>
      </Show>
      <For each={list.schedules()?.map(({ id }) => id)}>
        {(id) => (
          <Show when={list.schedules()?.find((one) => one.id === id)}>
            {(schedule) => <Row schedule={schedule()} list={list} removed={() => add?.focus()} />}
          </Show>
        )}
      </For>
      <AddedEntry
        words={t("Add a schedule")}
        isAdding={isAdding()}
        setAdding={setAdding}
        ref={(button) => (add = button)}
      >
        {(close) => <ScheduleForm problem={list.problemOf("")} save={list.add} close={close} />}
      </AddedEntry>
    </SheetSection>
  );
}

interface RowProps {
  schedule: Schedule;
  list: ScheduleList;
  removed: () => void;
}

function Row(props: RowProps) {
  return (
    <SettingsEntry
      name={props.schedule.name}
      testId="schedule"
      isOn={props.schedule.isOn}
      off={t("paused")}
      words={<Words schedule={props.schedule} />}
    >
      {() => <Opened {...props} />}
    </SettingsEntry>
  );
}

function Words(props: { schedule: Schedule }) {
  return (
    <>
      <span class={settingsStyles.words}>
        <VisibleText text={whenWords(props.schedule.when)} />
      </span>
      <Show when={props.schedule.isOn}>
        <span class={settingsStyles.words}>{nextWords(props.schedule)}</span>
      </Show>
      <Show when={missedWords(props.schedule)}>
        {(words) => <span class={ownStyles.missed}>{words()}</span>}
      </Show>
    </>
  );
}

function Opened(props: RowProps) {
  const { route } = useClient();
  const [isEditing, setEditing] = createSignal(false);
  const name = () => visibleString(props.schedule.name);
  const isBusy = () => props.list.busy() === props.schedule.id;

  async function remove(): Promise<void> {
    if (await props.list.remove(props.schedule)) props.removed();
  }

  return (
    <>
      <div class={styles.inRow}>
        <p class={ownStyles.sent}>
          <VisibleText text={sentWords(props.schedule)} />
        </p>
        <dl class={styles.rows}>
          <dt>{t("In")}</dt>
          <dd>
            <VisibleText text={props.schedule.cwd} />
          </dd>
          <dt>{t("May")}</dt>
          <dd>{boundWords(props.schedule)}</dd>
          <dt>{t("If missed")}</dt>
          <dd>{props.schedule.missed === "once" ? t("Run once, as soon as it can") : t("Skip")}</dd>
        </dl>
        <Show when={props.schedule.last}>
          {(last) => (
            <p>
              {lastWords(props.schedule)}.{" "}
              <Button look="link" onClick={() => route.go(last().sessionId)}>
                {t("Open its session")}
              </Button>
            </p>
          )}
        </Show>
        <Problem words={isEditing() ? "" : props.list.problemOf(props.schedule.id)} />
        <ButtonRow>
          <Button
            look="destructive"
            aria-label={t("Remove {name}", { name: name() })}
            onClick={() => void remove()}
          >
            {t("Remove")}
          </Button>
          <Button
            aria-label={
              props.schedule.isOn
                ? t("Pause {name}", { name: name() })
                : t("Resume {name}", { name: name() })
            }
            onClick={() => void props.list.switchTo(props.schedule, !props.schedule.isOn)}
          >
            {props.schedule.isOn ? t("Pause") : t("Resume")}
          </Button>
          <Show when={!isEditing()}>
            <Button
              aria-label={t("Edit {name}", { name: name() })}
              onClick={() => setEditing(true)}
            >
              {t("Edit")}
            </Button>
          </Show>
          <Button
            aria-disabled={isBusy()}
            aria-label={t("Run {name} now", { name: name() })}
            onClick={() => !isBusy() && void props.list.run(props.schedule)}
          >
            {t("Run now")}
          </Button>
        </ButtonRow>
      </div>
      <Show when={isEditing()}>
        <ScheduleForm
          schedule={props.schedule}
          problem={props.list.problemOf(props.schedule.id)}
          save={(request) => props.list.change(props.schedule, request)}
          close={() => setEditing(false)}
        />
      </Show>
    </>
  );
}
