/** @jsxImportSource @opentui/solid */
/** The models that can be chosen, by provider, and any other by its name; a provider that is not ready says what to do. */
import { createMemo, createSignal, onMount } from "solid-js";
import { logFailure } from "../../client/state/api-client";
import { useClient } from "../../client/state/client";
import { findEngine, hasConversation, offeredProviders } from "../../client/state/engine-list";
import { tokens } from "../../client/state/format";
import {
  type Choice,
  type Group,
  groupOf,
  keyOf,
  ownKey,
  typedGroup,
  withModels,
} from "../../client/state/model-groups";
import { chosenModel, isSetUp, providerStateWords } from "../../client/state/model-list";
import { keepTypedModel } from "../../client/state/typed-models";
import { ChoiceList, type Line } from "./ChoiceList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

export function ModelPanel(props: PanelProps) {
  const client = useClient();
  const { models } = client.models;
  const [query, setQuery] = createSignal("");
  const chosen = () => props.open.chosen();
  const own = createMemo(() => chosenModel(models(), chosen()));
  const engine = () => findEngine(client.engines.engines(), chosen().engine?.id);
  const providers = createMemo(() =>
    offeredProviders(models(), engine(), chosen(), hasConversation(props.open.session)).map((one) =>
      withModels(one, own()),
    ),
  );
  const groups = createMemo(() => {
    const name = query().trim();
    const listed = providers()
      .filter(({ ready }) => ready)
      .map((one) => groupOf(one, name, own()));
    return [...listed, typedGroup(providers(), name, own().provider)].filter(
      ({ choices }) => choices.length > 0,
    );
  });
  const choices = createMemo(
    () => new Map(groups().flatMap((group) => group.choices.map((one) => [lineId(one), one]))),
  );
  const lines = createMemo(() => [
    ...groups().flatMap((group) => [
      headOf(group),
      ...group.choices.map((one) => lineOf(one, ownKey(own()))),
    ]),
    ...(query() === "" ? waiting() : []),
  ]);

  /** What is set up and cannot be used, each with why. */
  function waiting(): Line[] {
    return providers()
      .filter((one) => isSetUp(one) && !one.ready)
      .flatMap(({ id, name, state, reason }) => [
        { id: `provider ${id}`, text: `${name}: ${providerStateWords[state]}`, isHead: true },
        ...(reason ? [{ id: `reason ${id}`, text: `  ${reason}`, isHead: true } as const] : []),
      ]);
  }

  function choose(line: Line): void {
    const choice = choices().get(line.id);
    if (choice === undefined) return;
    // Its name is typed above the list.
    if (choice.asksName) return client.notices.toast("Type the model’s name");
    if (choice.typedFor !== undefined) keepTypedModel(choice.provider, choice.id);
    void props.open.change({ provider: choice.provider, model: choice.id });
    props.close();
  }

  onMount(() => {
    // A server that was busy may have answered meanwhile; without an answer, what is known stays.
    client.models
      .refresh()
      .catch((error: unknown) => logFailure("The list of models could not be loaded", error));
  });

  return (
    <PanelFrame
      title="Models"
      hints={["Enter chooses", "type to search, or a model’s name", "Escape closes"]}
      close={props.close}
    >
      <ChoiceList
        lines={lines()}
        first={ownKey(own())}
        filter={{ query: query(), set: setQuery, placeholder: "Search, or type a model’s name" }}
        empty={
          models() === undefined
            ? "Looking for models…"
            : "No provider is set up. Add one in the page: rein web"
        }
        choose={choose}
      />
    </PanelFrame>
  );
}

function lineId(choice: Choice): string {
  return choice.typedFor === undefined ? keyOf(choice) : `typed ${keyOf(choice)}`;
}

function headOf({ title, hidden, reason }: Group): Line {
  const more = hidden > 0 ? ` · search for ${hidden} more` : "";
  return { id: `head ${title}`, text: title + more, side: reason, isHead: true };
}

function lineOf(choice: Choice, own: string): Line {
  const isOwn = keyOf(choice) === own;
  return {
    id: lineId(choice),
    text: choice.typedFor === undefined ? choice.name : `Use “${choice.name}”`,
    side: choice.typedFor ?? (choice.contextTokens ? tokens(choice.contextTokens) : undefined),
    mark: { text: isOwn ? "✓" : " ", color: "good" },
    words: choice.id === choice.name ? undefined : choice.id,
  };
}
