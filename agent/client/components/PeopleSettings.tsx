/** The people that the server knows by name, for its admins: their role, and how one is removed. */
import { createResource, createSignal, For, Show } from "solid-js";
import type { Person } from "../../shared/protocol";
import type { PersonRequest } from "../../shared/requests";
import { t, tn } from "../../shared/translation";
import { visibleString } from "../../shared/visible-text";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { settingsTitles } from "../state/settings-sections";
import textStyles from "../styles/text-styles.module.css";
import { Button } from "./Button";
import { Confirm } from "./Confirm";
import { Problem } from "./Problem";
import { SheetSection } from "./SheetSection";
import styles from "./SignInSettings.module.css";

export function PeopleSettings() {
  const [problem, setProblem] = createSignal("");
  const [people, { mutate }] = createResource(() => attempt(() => api.people(requestTimeout())));

  async function attempt(
    action: () => Promise<{ people: Person[] }>,
  ): Promise<Person[] | undefined> {
    try {
      setProblem("");
      return (await action()).people;
    } catch (error) {
      setProblem(wordsFor(error));
      return undefined;
    }
  }

  async function change({ id }: Person, request: PersonRequest): Promise<void> {
    const next = await attempt(() => api.patchPerson(id, request, requestTimeout()));
    if (next) mutate(next);
  }

  return (
    <SheetSection title={settingsTitles.people} isReady={!people.loading} data-testid="people">
      <Problem words={problem()} />
      <Show when={people()?.length === 0}>
        <p class={textStyles.note}>{t("Whoever comes in with a name is listed here.")}</p>
      </Show>
      <ul class={styles.list}>
        <For each={people()}>
          {(person) => <Row person={person} change={(request) => void change(person, request)} />}
        </For>
      </ul>
    </SheetSection>
  );
}

function Row(props: { person: Person; change: (request: PersonRequest) => void }) {
  const name = () => visibleString(props.person.name);
  const [isAsking, setAsking] = createSignal(false);
  const isRemoved = () => props.person.removedAt !== undefined;
  const isAdminHere = () => props.person.role === "admin";
  return (
    <li class={styles.row}>
      <span>{name()}</span>
      <span class={textStyles.note}>
        {isRemoved() ? t("Removed") : isAdminHere() ? t("Admin") : t("Member")}
        {", "}
        {tn(props.person.signIns, "{count} browser", "{count} browsers")}
      </span>
      <Show when={!props.person.isFixed}>
        <span class={styles.actions}>
          <Show when={!isRemoved()}>
            <Button
              size="small"
              aria-label={
                isAdminHere()
                  ? t("Make {name} a member", { name: name() })
                  : t("Make {name} an admin", { name: name() })
              }
              onClick={() => props.change({ role: isAdminHere() ? "member" : "admin" })}
            >
              {isAdminHere() ? t("Make a member") : t("Make an admin")}
            </Button>
          </Show>
          <Button
            size="small"
            aria-label={
              isRemoved()
                ? t("Let {name} in again", { name: name() })
                : t("Remove {name}", { name: name() })
            }
            onClick={() => (isRemoved() ? props.change({ removed: false }) : setAsking(true))}
          >
            {isRemoved() ? t("Let in again") : t("Remove …")}
          </Button>
        </span>
        <Show when={isAsking()}>
          <Confirm
            title={t("Remove {name}?", { name: name() })}
            text={t(
              "Their browsers and API keys are signed out, what runs for them is stopped, and their schedules are switched off. Their sessions stay.",
            )}
            action={t("Remove {name}", { name: name() })}
            run={() => props.change({ removed: true })}
            close={() => setAsking(false)}
          />
        </Show>
      </Show>
    </li>
  );
}
