/** The time as signals, ticking only while something on the page reads them. */
import { createSignal, onCleanup, type Accessor } from "solid-js";

const tickMs = 200;

const [now, setNow] = createSignal(Date.now());
let readers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Milliseconds since the epoch, until the owner is disposed. */
export function createNow(): Accessor<number> {
  if (readers++ === 0) {
    setNow(Date.now());
    timer = setInterval(() => setNow(Date.now()), tickMs);
  }
  onCleanup(() => {
    if (--readers === 0) clearInterval(timer);
  });
  return now;
}

const minuteMs = 60_000;

/** As `createNow`, and up to a minute late. */
export function createMinute(): Accessor<number> {
  const [minute, setMinute] = createSignal(Date.now());
  const timer = setInterval(() => setMinute(Date.now()), minuteMs);
  onCleanup(() => clearInterval(timer));
  return minute;
}
