/** Shares a session: a new link with a role and an end, and the links that there are, each to be revoked. */
import { createSignal, For, Show } from "solid-js";
import { type SessionRole, sessionRoles, type SessionSummary } from "../../shared/protocol";
import { hasEnded } from "../../shared/session-roles";
import { t } from "../../shared/translation";
import { visibleString } from "../../shared/visible-text";
import { api, requestTimeout } from "../state/api-client";
import { dateLocale } from "../state/format";
import { pathOf } from "../state/route";
import textStyles from "../styles/text-styles.module.css";
import { Button, ButtonRow } from "./Button";
import { changeableList } from "./changeable-list";
import { CopyField } from "./CopyField";
import { Modal } from "./Modal";
import { Problem } from "./Problem";
import styles from "./ShareSession.module.css";

export function ShareSession(props: { session: SessionSummary; close(): void }) {
  const { id } = props.session;
  const [made, setMade] = createSignal("");
  const [role, setRole] = createSignal<SessionRole>("watch");
  const [day, setDay] = createSignal("");
  const {
    all: links,
    problem,
    attempt,
  } = changeableList(async () => {
    const { session } = await api.session(id, requestTimeout());
    return (session.links ?? []).filter((link) => !hasEnded(link, Date.now()));
  });

  function make(event: SubmitEvent): void {
    event.preventDefault();
    void attempt(async () => {
      const until = day() === "" ? {} : { until: endOf(day()) };
      const { token } = await api.share(id, { role: role(), ...until }, requestTimeout());
      setMade(`${location.origin}${pathOf(id)}#share=${token}`);
    });
  }

  return (
    <Modal title={t("Share this session")} data-testid="share" close={() => props.close()}>
      <p class={textStyles.note}>{t("Whoever is signed in and opens the link may do this:")}</p>
      <form aria-label={t("New link")} class={styles.form} onSubmit={make}>
        <label>
          {t("What they may do")}
          <select
            value={role()}
            onChange={(event) => setRole(event.currentTarget.value as SessionRole)}
          >
            <For each={sessionRoles}>{(one) => <option value={one}>{words[one]()}</option>}</For>
          </select>
        </label>
        <label>
          {t("Until the end of (empty: until it is revoked)")}
          <input
            type="date"
            min={new Date().toLocaleDateString("sv")}
            value={day()}
            onInput={(event) => setDay(event.currentTarget.value)}
          />
        </label>
        <Button type="submit" look="primary">
          {t("Make a link")}
        </Button>
      </form>
      <Problem words={problem()} />
      <Show when={made()}>
        <CopyField label={t("The new link")} text={made()} what={t("the link")} />
        <p class={textStyles.note}>{t("It is shown this once.")}</p>
      </Show>
      <ul class={styles.links} aria-label={t("Links to this session")}>
        <For each={links()}>
          {(link) => (
            <li>
              <span>
                {words[link.role]()}
                <span class={textStyles.note}>
                  {link.until === undefined
                    ? t("until it is revoked")
                    : t("until {time}", {
                        time: new Date(link.until).toLocaleDateString(dateLocale()),
                      })}
                  {link.createdBy === undefined ? "" : `, ${visibleString(link.createdBy)}`}
                </span>
              </span>
              <Button
                size="small"
                aria-label={t("Revoke: {link}", { link: words[link.role]() })}
                onClick={() => void attempt(() => api.revokeLink(id, link.id, requestTimeout()))}
              >
                {t("Revoke")}
              </Button>
            </li>
          )}
        </For>
      </ul>
      <ButtonRow>
        <Button autofocus onClick={() => props.close()}>
          {t("Close")}
        </Button>
      </ButtonRow>
    </Modal>
  );
}

const words: Record<SessionRole, () => string> = {
  watch: () => t("Watch: read it, and stop it"),
  steer: () => t("Steer: send messages and answer too"),
  admin: () => t("Everything: rename, delete and share too"),
};

/** The last moment of the day, where the browser is. */
function endOf(day: string): number {
  return new Date(`${day}T23:59:59`).getTime();
}
