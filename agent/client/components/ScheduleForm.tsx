/** The form of a schedule: what is sent, when, what it may do, and what becomes of a time that was missed. */
import { createSignal, For, Match, Switch } from "solid-js";
import { createStore } from "solid-js/store";
import type { Permissions, Schedule } from "../../shared/protocol";
import type { ScheduleRequest } from "../../shared/requests/schedule-schemas";
import { t } from "../../shared/translation";
import { api, requestTimeout } from "../state/api-client";
import { useClient } from "../state/client";
import { callableDefinitions } from "../state/callable-definitions";
import { permissionChoices } from "../state/permission-choices";
import {
  newSchedule,
  requestOf,
  timeKinds,
  typedOf,
  type TypedSchedule,
} from "../state/schedule-form";
import { splitCommand } from "../state/split-command";
import { Button, ButtonRow } from "./Button";
import engineStyles from "./EngineSettings.module.css";
import { Problem } from "./Problem";
import styles from "./ScheduleSettings.module.css";
import { Segments } from "./Segments";
import settingsStyles from "./Settings.module.css";

export interface ScheduleFormProps {
  /** Absent: a new one. */
  schedule?: Schedule;
  /** Why the server did not take it. */
  problem: string;
  /** Resolves with whether the server took it. */
  save: (request: ScheduleRequest) => Promise<boolean>;
  /** It was saved, or is given up. */
  close: () => void;
}

const missedChoices: { id: Schedule["missed"]; name: string }[] = [
  {
    id: "skip",
    get name() {
      return t("Skip");
    },
  },
  {
    id: "once",
    get name() {
      return t("Run once");
    },
  },
];

export function ScheduleForm(props: ScheduleFormProps) {
  const { current, models } = useClient();
  const cwd = () => current().chosen().cwd || models.models()?.cwd || "";
  const before = props.schedule;
  const [typed, setTyped] = createStore<TypedSchedule>(
    before === undefined ? newSchedule(cwd()) : typedOf(before),
  );
  const [fault, setFault] = createSignal("");
  const [isSaving, setSaving] = createSignal(false);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (isSaving()) return;
    setSaving(true);
    setFault("");
    try {
      const request = requestOf(typed, await commandNames(typed), before?.limits);
      if (typeof request === "string") return void setFault(request);
      if (await props.save(request)) props.close();
    } finally {
      setSaving(false);
    }
  }

  return (
    <form
      class={engineStyles.form}
      aria-label={before?.name ?? t("New schedule")}
      onSubmit={(event) => void submit(event)}
    >
      <label>
        {t("Name")}
        <input
          maxLength={80}
          autocomplete="off"
          value={typed.name}
          onInput={(event) => setTyped("name", event.currentTarget.value)}
        />
      </label>
      <label>
        {t("What is sent")}
        <textarea
          rows="3"
          placeholder={t("What to do, or /command")}
          value={typed.sent}
          onInput={(event) => setTyped("sent", event.currentTarget.value)}
        />
      </label>
      <label>
        {t("Directory")}
        <input
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          value={typed.cwd}
          onInput={(event) => setTyped("cwd", event.currentTarget.value)}
        />
      </label>
      <div class={settingsStyles.setting}>
        <span aria-hidden="true">{t("When")}</span>
        <Segments
          label={t("When")}
          choices={timeKinds}
          chosen={typed.kind}
          choose={(kind) => setTyped("kind", kind)}
        />
      </div>
      <Switch>
        <Match when={typed.kind === "cron"}>
          <div class={styles.bounds}>
            <label>
              {t("Minute, hour, day, month, weekday")}
              <input
                autocapitalize="off"
                autocomplete="off"
                spellcheck={false}
                placeholder="0 9 * * 1-5"
                value={typed.cron}
                onInput={(event) => setTyped("cron", event.currentTarget.value)}
              />
            </label>
            <label>
              {t("Time zone")}
              <input
                autocapitalize="off"
                autocomplete="off"
                spellcheck={false}
                value={typed.timeZone}
                onInput={(event) => setTyped("timeZone", event.currentTarget.value)}
              />
            </label>
          </div>
        </Match>
        <Match when={typed.kind === "every"}>
          <label>
            {t("Every how many minutes")}
            <input
              type="number"
              min="1"
              value={typed.everyMinutes}
              onInput={(event) => setTyped("everyMinutes", event.currentTarget.value)}
            />
          </label>
        </Match>
        <Match when={typed.kind === "once"}>
          <label>
            {t("Day and time")}
            <input
              type="datetime-local"
              value={typed.once}
              onInput={(event) => setTyped("once", event.currentTarget.value)}
            />
          </label>
        </Match>
      </Switch>
      <label>
        {t("Permissions")}
        <select
          value={typed.permissions}
          onChange={(event) => setTyped("permissions", event.currentTarget.value as Permissions)}
        >
          <For each={permissionChoices}>{(one) => <option value={one.id}>{one.name}</option>}</For>
        </select>
      </label>
      <p class={settingsStyles.note}>
        {t(
          "Nobody is there to be asked: what these permissions would ask about is denied, unless a rule of the directory allows it.",
        )}
      </p>
      <div class={styles.bounds}>
        <label>
          {t("Turns of a run")}
          <input
            inputmode="numeric"
            placeholder={t("no limit")}
            value={typed.turns}
            onInput={(event) => setTyped("turns", event.currentTarget.value)}
          />
        </label>
        <label>
          {t("Minutes of a run")}
          <input
            inputmode="decimal"
            placeholder={t("no limit")}
            value={typed.minutes}
            onInput={(event) => setTyped("minutes", event.currentTarget.value)}
          />
        </label>
      </div>
      <div class={settingsStyles.setting}>
        <span aria-hidden="true">{t("If the server did not run then")}</span>
        <Segments
          label={t("If the server did not run then")}
          choices={missedChoices}
          chosen={typed.missed}
          choose={(missed) => setTyped("missed", missed)}
        />
      </div>
      <Problem words={fault() || props.problem} />
      <ButtonRow>
        <Button onClick={() => props.close()}>{t("Cancel")}</Button>
        <Button type="submit" look="primary" aria-disabled={isSaving()}>
          {t("Save")}
        </Button>
      </ButtonRow>
    </form>
  );
}

/** Which names are commands in the directory; none when what is sent begins with no slash. */
async function commandNames({ sent, cwd }: TypedSchedule): Promise<(name: string) => boolean> {
  if (splitCommand(sent).name === "") return () => false;
  try {
    const { definitions } = await api.project(cwd, requestTimeout());
    const names = new Set(callableDefinitions(definitions).map(({ name }) => name));
    return (name) => names.has(name);
  } catch {
    // The directory cannot be read: the server says so of the schedule itself.
    return () => false;
  }
}
