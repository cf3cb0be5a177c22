/** What is stopped: an answer in its middle, a command, and three commands that escape a kill of their parents. */
import { daemon, perl, sleepWith } from "../adversaries/adversary";
import { commandOf, pidsWith } from "../machine-facts";

export interface StopKind {
  name: string;
  /** Absent: the model's text is stopped. `cookie` is a number in the arguments of all of its processes. Ends by itself. */
  command?: (cookie: string) => string;
  /** Of the processes that run when it is stopped, the beginnings of their arguments. */
  runs?: (cookie: string) => string[];
}

// Codex does not stream what a command writes in its first moments.
const output = (cookie: string): string => `sleep 0.4; printf 'out-%s\\n' ${cookie}`;

export const stopKinds: readonly StopKind[] = [
  { name: "text" },
  {
    name: "command",
    command: (c) => `${output(c)}; ${sleepWith(c)}`,
    runs: (c) => [sleepWith(c)],
  },
  {
    name: "double fork",
    command: (c) => `${output(c)}; ${perl(c, daemon)}; ${sleepWith(c)}`,
    runs: (c) => [`nap ${c}`, sleepWith(c)],
  },
  {
    name: "env -i setsid -f",
    command: (c) => `${output(c)}; env -i setsid -f sleep 301.${c}; ${sleepWith(c)}`,
    runs: (c) => [`sleep 301.${c}`, sleepWith(c)],
  },
  {
    name: "ignores TERM",
    command: (c) => `${output(c)}; trap "" INT TERM; for i in 1 2 3; do sleep 100.${c}; done`,
    runs: (c) => [`sleep 100.${c}`],
  },
];

/** Seven digits: as the fraction of a second a number is found in the arguments of sleep. */
export function makeCookie(): string {
  return String(1_000_000 + Math.floor(Math.random() * 9_000_000));
}

export function isRunning({ runs }: StopKind, cookie: string): boolean {
  const all = pidsWith(cookie).map(commandOf);
  return runs!(cookie).every((start) => all.some((one) => one.startsWith(start)));
}
