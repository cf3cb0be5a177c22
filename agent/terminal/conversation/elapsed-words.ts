/** The time between two moments, in words; while the second is still to come, it counts. */
import { type Accessor, createMemo } from "solid-js";
import { createNow } from "../../client/state/clock";
import { duration, elapsed } from "../../client/state/format";

/** Both in milliseconds since the epoch. Empty without `from`. */
export function createElapsed(
  from: Accessor<number | undefined>,
  to: Accessor<number | undefined>,
): Accessor<string> {
  const now = createMemo(() => {
    const isCounting = from() !== undefined && to() === undefined;
    return isCounting ? createNow() : undefined;
  });
  return () => {
    const [start, end] = [from(), to()];
    if (start === undefined) return "";
    return end === undefined ? elapsed((now()?.() ?? start) - start) : duration(end - start);
  };
}
