/** When a run ran, which models answered, and what it has used, kind by kind. */
import { For, Show } from "solid-js";
import { plural } from "../../shared/plural";
import { ownLoginModel, type Run, type SessionEngine } from "../../shared/protocol";
import { cacheWords, usageDetails } from "../../shared/usage-words";
import { VisibleText } from "../components/VisibleText";
import { useClient, useOpen } from "../state/client";
import { engineName, usesOwnLogin } from "../state/engine-list";
import { duration } from "../state/format";

export function RunDetails(props: { run: Run }) {
  const { session } = useOpen();
  const { engines } = useClient().engines;
  const engine = (used: SessionEngine) =>
    [engineName(engines(), used), used.version].filter(Boolean).join(" ");
  const answers = () =>
    session.messages.filter(({ runId, role }) => runId === props.run.id && role === "assistant");
  const models = () =>
    [...new Set(answers().flatMap(({ model }) => model ?? []))].filter(
      (model) => !usesOwnLogin(session) || model !== ownLoginModel,
    );
  const took = () => duration((props.run.endedAt ?? props.run.startedAt) - props.run.startedAt);
  return (
    <>
      <p>
        {new Date(props.run.startedAt).toLocaleString()}, took {took()},{" "}
        {plural(answers().length, "model call")}
      </p>
      <Show when={session.engine}>
        {(used) => (
          <p>
            Engine: <VisibleText text={engine(used())} />
          </p>
        )}
      </Show>
      <Show when={models().length > 0}>
        <p>
          {models().length === 1 ? "Model" : "Models"}:{" "}
          <For each={models()}>
            {(model, at) => (
              <>
                {at() > 0 ? ", " : ""}
                <VisibleText text={model} />
              </>
            )}
          </For>
        </p>
      </Show>
      <Show when={props.run.usage.inputTokens + props.run.usage.outputTokens > 0}>
        <For each={usageDetails(props.run.usage).split("\n")}>{(line) => <p>{line}</p>}</For>
        <Show when={cacheWords(props.run.usage)}>{(words) => <p>{words()}</p>}</Show>
      </Show>
    </>
  );
}
