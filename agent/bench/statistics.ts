/** Figures from many samples, in one form for every bench. */
import { readFileSync } from "node:fs";

export interface Figures {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** Milliseconds on a clock that this process, its children and a page share. */
export const now = () => performance.timeOrigin + performance.now();

export function figures(samples: Iterable<number>): Figures {
  const sorted = Float64Array.from(samples).toSorted();
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1)! };
}

/** A line such as `stop to socket closed      p50 0.9  p95 1.4  p99 2.0  max 3.1 ms  (n = 200)`. */
export function printFigures(name: string, samples: number[], aim = ""): void {
  const { p50, p95, p99, max } = figures(samples);
  const shown = [`p50 ${ms(p50)}`, `p95 ${ms(p95)}`, `p99 ${ms(p99)}`, `max ${ms(max)} ms`].join(
    "  ",
  );
  console.log(`  ${name.padEnd(44)} ${shown}  (n = ${samples.length})${aim && `  aim: ${aim}`}`);
}

export function printValue(name: string, value: string, aim = ""): void {
  console.log(`  ${name.padEnd(44)} ${value}${aim && `  aim: ${aim}`}`);
}

export function residentMb(pid: number): number {
  const kilobytes = readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)?.[1];
  return Number(kilobytes) / 1000;
}

/** CPU time of a process since its start. The system counts in hundredths of a second. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function ms(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
