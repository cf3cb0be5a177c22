/** The keys by which programs speak for this person: made with a name, shown once, revoked. */
import { createSignal, For, Show } from "solid-js";
import { t } from "../../shared/translation";
import { visibleString } from "../../shared/visible-text";
import { api, requestTimeout } from "../state/api-client";
import { dateLocale } from "../state/format";
import { settingsTitles } from "../state/settings-sections";
import textStyles from "../styles/text-styles.module.css";
import { Button } from "./Button";
import { changeableList } from "./changeable-list";
import { CopyField } from "./CopyField";
import { Problem } from "./Problem";
import { SheetSection } from "./SheetSection";
import styles from "./SignInSettings.module.css";

export function ApiKeySettings() {
  const [name, setName] = createSignal("");
  const [made, setMade] = createSignal("");
  const {
    all: keys,
    problem,
    attempt,
  } = changeableList(async () => (await api.keys(requestTimeout())).keys);

  function make(event: SubmitEvent): void {
    event.preventDefault();
    void attempt(async () => {
      setMade((await api.newKey({ name: name() }, requestTimeout())).key);
      setName("");
    });
  }

  return (
    <SheetSection
      title={settingsTitles.apiKeys}
      isReady={keys() !== undefined}
      data-testid="api-keys"
    >
      <Problem words={problem()} />
      <ul class={styles.list}>
        <For each={keys()}>
          {(key) => (
            <li class={styles.row}>
              <span>
                {visibleString(key.name)}
                {key.user === undefined ? "" : ` (${visibleString(key.user)})`}
              </span>
              <span class={textStyles.note}>
                {key.usedAt === undefined
                  ? t("never used")
                  : t("last used {time}", {
                      time: new Date(key.usedAt).toLocaleString(dateLocale()),
                    })}
              </span>
              <Button
                size="small"
                aria-label={t("Revoke {name}", { name: visibleString(key.name) })}
                onClick={() => void attempt(() => api.revokeKey(key.id, requestTimeout()))}
              >
                {t("Revoke")}
              </Button>
            </li>
          )}
        </For>
      </ul>
      <Show when={made()}>
        <CopyField label={t("New API key")} text={made()} what={t("the API key")} />
        <p class={`${textStyles.note} ${styles.hint}`}>{t("It is shown this once.")}</p>
      </Show>
      <form class={styles.newKey} aria-label={t("New API key")} onSubmit={make}>
        <input
          required
          maxlength="200"
          aria-label={t("What the key is for")}
          placeholder={t("What the key is for")}
          value={name()}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit">{t("Make a key")}</Button>
      </form>
    </SheetSection>
  );
}
