/** What the web tools may reach, and which service searches. */
import { createSignal, Show } from "solid-js";
import type { SettingsRequest } from "../../shared/requests";
import { t, tn } from "../../shared/translation";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { settingsTitles } from "../state/settings-sections";
import textStyles from "../styles/text-styles.module.css";
import { Button, ButtonRow } from "./Button";
import { ListForm } from "./ListForm";
import { Segments } from "./Segments";
import { createSaver } from "./settings-saver";
import styles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { VisibleText } from "./VisibleText";

const services = [
  {
    id: "off",
    get name() {
      return t("Off");
    },
  },
  {
    id: "provider",
    get name() {
      return t("Model’s own");
    },
  },
  { id: "brave", name: "Brave" },
  { id: "tavily", name: "Tavily" },
  { id: "searxng", name: "SearXNG" },
] as const;

type Choice = (typeof services)[number]["id"];
type SearchChange = NonNullable<NonNullable<SettingsRequest["web"]>["search"]>;

export function WebSettings() {
  const { models } = useClient();
  const { save, problem, isSaving } = createSaver();
  const web = () => models.models()?.web;
  const saved = (): Choice => web()?.search?.service ?? "off";
  /** Chosen, and not saved yet: the service needs a key or an address first. */
  const [picked, setPicked] = createSignal<Choice>();
  const chosen = () => picked() ?? saved();
  const [typed, setTyped] = createSignal("");
  const [verdict, setVerdict] = createSignal("");

  async function choose(choice: Choice): Promise<void> {
    setTyped("");
    setVerdict("");
    if (!needsWords(choice) && choice !== saved())
      await save({ web: { search: changeTo(choice, "") } });
    setPicked(needsWords(choice) ? choice : undefined);
  }

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setVerdict("");
    if (!(await save({ web: { search: changeTo(chosen(), typed().trim()) } }))) return;
    setTyped("");
    setPicked(undefined);
  }

  async function test(): Promise<void> {
    setVerdict(t("Searching…"));
    try {
      const { results, reason } = await api.testSearch(requestTimeout());
      setVerdict(
        reason ??
          tn(
            results,
            "It works: {count} results for “rein”.",
            "It works: {count} results for “rein”.",
          ),
      );
    } catch (error) {
      setVerdict(wordsFor(error));
    }
  }

  return (
    <SheetSection title={settingsTitles.web} data-testid="web">
      <p class={styles.note}>
        {t(
          "Models read pages with fetch, and ask before each host. With a search service they can search, too. Texts of pages are marked as not being your words.",
        )}
      </p>
      <div class={styles.setting}>
        <span aria-hidden="true">{t("Search with")}</span>
        <Segments label={t("Search with")} choices={services} chosen={chosen()} choose={choose} />
      </div>
      <Show when={chosen() === "provider"}>
        <p class={styles.note}>
          {t(
            "The model’s own service searches within its answer: it does not ask you before, and may cost extra. Anthropic, OpenAI, OpenRouter and Gemini 3 have one; models of others have no search then.",
          )}
        </p>
      </Show>
      <Show when={needsWords(chosen())}>
        <form class={styles.list} onSubmit={(event) => void submit(event)}>
          <label>
            {chosen() === "searxng" ? t("Address of SearXNG") : t("Key of the service")}
            <input
              type={chosen() === "searxng" ? "url" : "password"}
              autocomplete="off"
              maxLength={chosen() === "searxng" ? 2000 : 10_000}
              placeholder={placeholderOf(chosen(), saved())}
              value={typed() || savedAddress(web()?.search, chosen())}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </label>
          <ButtonRow>
            <Show when={typed().trim() !== ""}>
              <Button type="submit" look="primary" disabled={isSaving()}>
                {t("Save")}
              </Button>
            </Show>
            <Show when={chosen() === saved() && typed() === ""}>
              <Button onClick={() => void test()}>{t("Search for “rein”")}</Button>
            </Show>
          </ButtonRow>
        </form>
        <Show when={verdict()}>
          {(words) => (
            <p class={styles.note} role="status">
              <VisibleText text={words()} />
            </p>
          )}
        </Show>
      </Show>
      <ListForm
        label={t("Private addresses that fetch may reach")}
        note={t(
          "One a line: localhost:8080, nas.local or 10.0.0.5. All others of this machine and of private networks are refused.",
        )}
        list={web()?.allowedPrivate ?? []}
        save={(allowedPrivate) => save({ web: { allowedPrivate } })}
      />
      <Show when={problem()}>{(words) => <p class={textStyles.problem}>{words()}</p>}</Show>
    </SheetSection>
  );
}

/** A key, or an address. */
function needsWords(service: Choice): boolean {
  return service !== "off" && service !== "provider";
}

function changeTo(service: Choice, text: string): SearchChange | null {
  if (service === "off") return null;
  if (service === "provider") return { service };
  return service === "searxng" ? { service, url: text } : { service, apiKey: text };
}

function placeholderOf(chosen: Choice, saved: Choice): string {
  if (chosen === "searxng") return "https://search.example.com";
  return chosen === saved ? t("Saved; type to replace it") : t("Needed");
}

function savedAddress(
  search: { service: string; url?: string } | undefined,
  chosen: Choice,
): string {
  return search?.service === chosen ? (search.url ?? "") : "";
}
