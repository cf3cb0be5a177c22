/** The time of day, and the day, as signals, ticking only while something on the page reads them. */
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

/** When the day began, in milliseconds since the epoch, until the owner is disposed. It changes within a minute of midnight. */
export function createToday(): Accessor<number> {
  const begin = () => new Date().setHours(0, 0, 0, 0);
  const [today, setToday] = createSignal(begin());
  const timer = setInterval(() => setToday(begin()), minuteMs);
  onCleanup(() => clearInterval(timer));
  return today;
}
