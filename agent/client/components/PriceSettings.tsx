/** What the user knows of models: their prices and windows, which come before what services and Rein's own list say. */
import { createSignal, For, Show } from "solid-js";
import { unpricedUsdPerMillion } from "../../shared/cost";
import { defined } from "../../shared/defined";
import {
  type EditForm,
  editForms,
  type OwnModelFacts,
  type TokenKind,
  tokenKinds,
} from "../../shared/protocol";
import { kindWords } from "../../shared/usage-words";
import { languageId, t } from "../../shared/translation";
import { useClient } from "../state/client";
import { tokens } from "../state/format";
import { dollarsOf } from "../state/limit-words";
import { chosenModel, findModel, findProvider } from "../state/model-list";
import { settingsTitles } from "../state/settings-sections";
import textStyles from "../styles/text-styles.module.css";
import { Button, ButtonRow } from "./Button";
import styles from "./Settings.module.css";
import { createSaver } from "./settings-saver";
import { Problem } from "./Problem";
import { SheetSection } from "./SheetSection";
import { VisibleText } from "./VisibleText";

const labelOf = (name: TokenKind) => kindWords[name];

const isNeeded = (name: string) => name === "input" || name === "output";

export function PriceSettings() {
  const client = useClient();
  const { save, problem } = createSaver();
  const own = () =>
    Object.entries(client.models.models()?.own ?? {}).flatMap(([provider, models]) =>
      Object.entries(models).map(([model, facts]) => ({ provider, model, facts })),
    );
  return (
    <SheetSection title={settingsTitles.prices} data-testid="prices">
      <p class={styles.note}>
        {t(
          "Most prices are known. Enter those that are not, or that you pay: in US dollars for a million tokens. Until then, a limit in dollars counts such tokens at {price} a million.",
          { price: dollarsOf(unpricedUsdPerMillion, 0) },
        )}
      </p>
      <For each={own()}>
        {({ provider, model, facts }) => (
          <div class={styles.setting}>
            <span>
              <VisibleText text={`${provider}/${model}`} />{" "}
              <span class={textStyles.note}>{factWords(facts)}</span>
            </span>
            <Button
              size="small"
              aria-label={t("Remove the price of {model}", { model })}
              onClick={() => void save({ models: { [provider]: { [model]: null } } })}
            >
              {t("Remove")}
            </Button>
          </div>
        )}
      </For>
      <Problem words={problem()} />
      <PriceForm />
    </SheetSection>
  );
}

function factWords({ price, contextTokens, edits }: OwnModelFacts): string {
  const rates = tokenKinds.flatMap((name) =>
    price?.[name] === undefined ? [] : rateWords(name, dollarsOf(price[name], 0, 6)),
  );
  const window =
    contextTokens === undefined ? [] : t("window {tokens}", { tokens: tokens(contextTokens) });
  const form = edits === undefined ? [] : changeWords(edits);
  return rates.concat(window, form).join(", ");
}

function rateWords(kind: TokenKind, price: string): string {
  switch (kind) {
    case "input":
      return t("input {price}", { price });
    case "cacheRead":
      return t("read from cache {price}", { price });
    case "cacheWrite":
      return t("written to cache {price}", { price });
    case "output":
      return t("output {price}", { price });
  }
}

function changeWords(edits: EditForm): string {
  return edits === "patch" ? t("changes files by patches") : t("changes files by passages");
}

function editWords(edits: EditForm): string {
  return edits === "patch" ? t("by patches") : t("by passages");
}

function PriceForm() {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <details class={styles.provider} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("Enter a price")}</summary>
      <Show when={isOpen()}>
        <Form />
      </Show>
    </details>
  );
}

/** It begins with the model of the session. Placeholders are what is known of it. */
function Form() {
  const client = useClient();
  const { save, problem, isSaving } = createSaver();
  const [missing, setMissing] = createSignal("");
  const models = () => client.models.models();
  const chosen = chosenModel(models(), client.current().chosen());
  const [provider, setProvider] = createSignal(chosen.provider);
  const [model, setModel] = createSignal(chosen.model);
  const [edits, setEdits] = createSignal<EditForm>();
  const known = () => findModel(models(), provider(), model());

  /** What was entered before and is not entered anew stays. */
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const inputs = [...(event.currentTarget as HTMLFormElement).querySelectorAll("input")];
    const numbers = inputs.filter(({ name, value }) => name !== "" && value !== "");
    const { contextTokens, ...rates }: Partial<Record<string, number>> = Object.fromEntries(
      numbers.map(({ name, valueAsNumber }) => [name, valueAsNumber]),
    );
    const name = model().trim();
    const before = models()?.own[provider()]?.[name];
    const price = { ...before?.price, ...rates };
    const needed = tokenKinds.filter((one) => isNeeded(one) && price[one] === undefined);
    const isPriced = Object.keys(price).length > 0;
    const kinds = new Intl.ListFormat(languageId()).format(needed.map(labelOf));
    setMissing(
      isPriced && kinds !== "" ? t("Enter {kinds} too: a price needs both.", { kinds }) : "",
    );
    if (numbers.length === 0 && edits() === undefined)
      setMissing(t("Enter a price, a window, or how it changes files."));
    if (missing() !== "") return;
    const facts = {
      ...before,
      ...defined({ contextTokens, edits: edits() }),
      ...(isPriced && { price }),
    };
    const isSaved = await save({
      models: { [provider()]: { [name]: facts as OwnModelFacts } },
    });
    // Not all of the form: its provider and model stay what they are.
    if (!isSaved) return;
    for (const input of numbers) input.value = "";
    setEdits(undefined);
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <label>
        {t("Provider")}
        <select onChange={(event) => setProvider(event.currentTarget.value)}>
          <For each={models()?.providers ?? []}>
            {({ id, name }) => (
              <option value={id} selected={id === provider()}>
                {name}
              </option>
            )}
          </For>
        </select>
      </label>
      <label>
        {t("Model")}
        <input
          list="models-to-price"
          required
          value={model()}
          onInput={(event) => setModel(event.currentTarget.value)}
        />
      </label>
      <datalist id="models-to-price">
        <For each={findProvider(models(), provider())?.models ?? []}>
          {({ id }) => <option value={id} />}
        </For>
      </datalist>
      <div class={styles.rates}>
        <For each={tokenKinds}>
          {(name) => (
            <label>
              {labelOf(name)}
              <input
                type="number"
                name={name}
                min="0"
                step="any"
                placeholder={String(known()?.price?.[name] ?? "")}
              />
            </label>
          )}
        </For>
      </div>
      <label>
        {t("Window, in tokens")}
        <input
          type="number"
          name="contextTokens"
          min="1"
          step="1"
          placeholder={String(known()?.contextTokens ?? "")}
        />
      </label>
      <label>
        {t("Changes files")}
        <select
          name="edits"
          onChange={(event) =>
            setEdits(editForms.find((form) => form === event.currentTarget.value))
          }
        >
          <option value="" selected={edits() === undefined}>
            {t("as known ({how})", { how: editWords(known()?.edits ?? "passages") })}
          </option>
          <For each={editForms}>
            {(form) => (
              <option value={form} selected={edits() === form}>
                {editWords(form)}
              </option>
            )}
          </For>
        </select>
      </label>
      <Problem words={missing() || problem()} />
      <ButtonRow>
        <Button type="submit" look="primary" disabled={isSaving()}>
          {t("Save")}
        </Button>
      </ButtonRow>
    </form>
  );
}
