/** What has come at once of one part, as one event: for answers that are read seldom, because very many are open. */
import type { ModelEvent } from "./provider";
import { readingGapMs } from "./reading-pace";

type Delta = Extract<ModelEvent, { type: "part-delta" }>;
type Step = IteratorResult<ModelEvent, unknown>;

/** The events of `answer` with the same text; none is held back for one that has not come yet. */
export async function* mergedDeltas(answer: AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent> {
  const events = answer[Symbol.asyncIterator]();
  let ahead: Promise<Step> | undefined;
  try {
    for (;;) {
      const step: Step = await (ahead ?? events.next());
      ahead = undefined;
      if (step.done) return;
      if (step.value.type !== "part-delta" || readingGapMs() === 0) {
        yield step.value;
        continue;
      }
      const merged = await merge(step.value, () => events.next());
      ahead = merged.ahead;
      yield merged.delta;
    }
  } finally {
    // As a `for await` that is left.
    if (ahead !== undefined) ahead.catch(() => undefined);
    await events.return?.();
  }
}

/** `first` with the deltas of its part that are there already, and the event after them. */
async function merge(
  first: Delta,
  next: () => Promise<Step>,
): Promise<{ delta: Delta; ahead: Promise<Step> }> {
  let isOver = false;
  const over = new Promise<undefined>((resolve) =>
    setImmediate(() => {
      isOver = true;
      resolve(undefined);
    }),
  );
  let text = first.delta;
  for (;;) {
    const ahead = next();
    const step = await Promise.race([ahead, over]).catch(() => undefined);
    const event = isOver || step === undefined || step.done ? undefined : step.value;
    if (event?.type !== "part-delta" || event.key !== first.key)
      return { delta: { ...first, delta: text }, ahead };
    text += event.delta;
  }
}
