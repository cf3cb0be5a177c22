/** A limit holds the run: how much it has used, and whether it goes on, by how much. */
import { createSignal, Show } from "solid-js";
import { activeRun } from "../../shared/apply";
import type { LimitKind, LimitReached } from "../../shared/protocol";
import type { OpenSession } from "../state/open-session";
import { tokens } from "../state/format";

export function LimitQuestion(props: { open: OpenSession }) {
  const reached = () => activeRun(props.open.session)?.pause?.reached;
  return (
    <Show when={reached()}>{(shown) => <Question open={props.open} reached={shown()} />}</Show>
  );
}

function Question(props: { open: OpenSession; reached: LimitReached }) {
  const [by, setBy] = createSignal<number>();
  const isStall = () => props.reached.kind === "stall";
  return (
    <div class="limit-question" role="alert" data-testid="limit-question">
      <p>{reachedWords(props.reached)}</p>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => props.open.control.goOn(by())}>
          Go on
        </button>
        <Show when={!isStall()}>
          <label>
            <span>by</span>
            <input
              type="number"
              min="0"
              step="any"
              aria-label={`How many ${unitWords[props.reached.kind]} more`}
              placeholder={String(props.reached.of)}
              onInput={(event) => {
                const value = event.currentTarget.valueAsNumber;
                setBy(value > 0 ? value : undefined);
              }}
            />
            <span>{unitWords[props.reached.kind]}</span>
          </label>
        </Show>
        <button type="button" class="destructive" onClick={() => props.open.stop()}>
          Stop
        </button>
      </div>
    </div>
  );
}

const unitWords: Record<LimitKind, string> = {
  turns: "turns",
  minutes: "minutes",
  tokens: "tokens",
  usd: "dollars",
  stall: "minutes",
};

function reachedWords(reached: LimitReached): string {
  if (reached.kind === "stall")
    return `Nothing has happened for ${amount("minutes", reached.of)}. Go on asks the model anew; a tool that runs is let be.`;
  return `${usedWords(reached)}: the limit is reached, and the run is held.`;
}

/** "This run has used 17 of 20 turns". */
export function usedWords({ scope, kind, used, of }: LimitReached): string {
  const who = scope === "run" ? "This run has used" : "Today’s runs have used";
  return `${who} ${count(kind, used)} of ${amount(kind, of)}`;
}

function amount(kind: LimitKind, value: number): string {
  return kind === "usd" ? count(kind, value) : `${count(kind, value)} ${unitWords[kind]}`;
}

function count(kind: LimitKind, value: number): string {
  if (kind === "usd") return `$${value.toFixed(2)}`;
  return kind === "tokens" ? tokens(value) : String(Math.round(value * 10) / 10);
}
