/** When a run ran, which models answered, and what it has used, kind by kind. */
import { For, Show } from "solid-js";
import { plural } from "../../shared/plural";
import type { Run } from "../../shared/protocol";
import { cacheWords, usageDetails } from "../../shared/usage-words";
import { VisibleText } from "../components/VisibleText";
import { useOpen } from "../state/client";
import { duration } from "../state/format";

export function RunDetails(props: { run: Run }) {
  const { session } = useOpen();
  const answers = () =>
    session.messages.filter(({ runId, role }) => runId === props.run.id && role === "assistant");
  const models = () => [...new Set(answers().flatMap(({ model }) => model ?? []))];
  const took = () => duration((props.run.endedAt ?? props.run.startedAt) - props.run.startedAt);
  return (
    <>
      <p>
        {new Date(props.run.startedAt).toLocaleString()}, took {took()},{" "}
        {plural(answers().length, "model call")}
      </p>
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
