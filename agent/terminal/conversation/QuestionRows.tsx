/** @jsxImportSource @opentui/solid */
/** What a run waits for that a person can answer with a key: a limit, a silent model, a retry. */
import { createSignal, Show } from "solid-js";
import { limitAfter, type LimitReached, type Retry } from "../../shared/protocol";
import { activeRun } from "../../shared/session-lookup";
import { useOpen } from "../../client/state/client";
import { createNow } from "../../client/state/clock";
import { amount, limitWords, mostMore, unitWords } from "../../client/state/limit-words";
import { retryWords } from "../../client/state/run-words";
import { Card } from "./Card";
import { createElapsed } from "./elapsed-words";
import { LineField } from "./LineField";

export function RetryRows(props: { id: string; retry: Retry }) {
  const { control } = useOpen();
  const now = createNow();
  return (
    <Card
      id={props.id}
      head={[
        { text: `${props.retry.error.message} `, color: "warning", prose: true },
        { text: retryWords(props.retry, now()), color: "muted" },
      ]}
      actions={[{ key: "Enter", label: "try now", run: () => control.askAgain() }]}
      isWrapped
      isUrgent
    />
  );
}

/** Nothing has come from a model for long: the run goes on waiting, and a person may ask again. */
export function StallRows() {
  const { session, control } = useOpen();
  const stall = () => activeRun(session)?.stall;
  const took = createElapsed(
    () => stall()?.since,
    () => undefined,
  );
  const again = { key: "Enter", label: "ask again", run: () => control.askAgain() };
  return (
    <Show when={stall()}>
      <Card
        id="stall"
        head={[
          {
            text: `Nothing has come from the model for ${took()}. Rein keeps waiting.`,
            color: "warning",
          },
        ]}
        // An engine asks its model by itself.
        actions={session.engine === undefined ? [again] : []}
        isWrapped
        isUrgent
      />
    </Show>
  );
}

/** A limit has paused the run: it goes on by as much again, or by an amount that is entered. */
export function LimitRows() {
  const { session } = useOpen();
  const reached = () => activeRun(session)?.pause?.reached;
  return <Show when={reached()}>{(limit) => <Limit reached={limit()} />}</Show>;
}

function Limit(props: { reached: LimitReached }) {
  const { control } = useOpen();
  const [isEntering, setEntering] = createSignal(false);
  const upTo = (by: number | undefined) =>
    amount(props.reached.kind, limitAfter(props.reached, by));
  const actions = () => [
    {
      key: "Enter",
      label: `go on, up to ${upTo(undefined)}`,
      run: () => control.goOn(undefined),
    },
    { key: "m", label: "by another amount", run: () => setEntering(true) },
  ];
  return (
    <Card
      id="limit"
      head={[{ text: `${limitWords(props.reached, "reached")} Paused.`, color: "warning" }]}
      actions={isEntering() ? [] : actions()}
      isWrapped
      isUrgent
    >
      <Show when={isEntering()}>
        <Amount
          reached={props.reached}
          close={() => setEntering(false)}
          goOn={(by) => control.goOn(by)}
        />
      </Show>
    </Card>
  );
}

function Amount(props: { reached: LimitReached; close: () => void; goOn: (by: number) => void }) {
  const [note, setNote] = createSignal<string>();

  function enter(text: string): void {
    const { kind, more } = props.reached;
    const by = Number(text);
    const least = more?.least ?? 0;
    if (!(by > 0)) return void setNote("Enter a number above 0.");
    if (by > mostMore[kind]) return void setNote(`At most ${amount(kind, mostMore[kind])} more.`);
    if (by < least)
      return void setNote(
        `At least ${amount(kind, least)}: another request like the last one must fit.`,
      );
    props.close();
    props.goOn(by);
  }

  return (
    <LineField
      label={`How many ${unitWords[props.reached.kind]} more?`}
      note={note()}
      onEnter={enter}
      close={props.close}
    />
  );
}
