/** Milliseconds on the system's monotonic clock, which all processes share; nothing adjusts it between two of them. */
import { dlopen, ptr } from "bun:ffi";

const { clock_gettime: readClock } = dlopen("libc.so.6", {
  clock_gettime: { args: ["int", "ptr"], returns: "int" },
}).symbols;

const monotonic = 1;

function systemMs(): number {
  const time = new BigInt64Array(2);
  readClock(monotonic, ptr(time));
  return Number(time[0]) * 1000 + Number(time[1]) / 1e6;
}

const offsetMs = systemMs() - performance.now();

export function outsideMs(): number {
  return offsetMs + performance.now();
}
