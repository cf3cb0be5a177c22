/** The time between two moments; while the second is still to come, it counts. */
import { Show } from "solid-js";
import { createNow } from "../state/clock";
import { duration, elapsed } from "../state/format";
import textStyles from "../styles/text-styles.module.css";

export function Elapsed(props: { from: number; to?: number | undefined }) {
  return (
    <span class={textStyles.figures}>
      <Show when={props.to} fallback={<Running from={props.from} />}>
        {(to) => duration(to() - props.from)}
      </Show>
    </span>
  );
}

function Running(props: { from: number }) {
  const now = createNow();
  return <>{elapsed(now() - props.from)}</>;
}
