/** Hooks: commands of the person that run before and after tools, and when a run was stopped or has ended. */
import type { Outcome } from "./stop";

export const hookEvents = ["before-tool", "after-tool", "stop", "end"] as const;

export type HookEvent = (typeof hookEvents)[number];

/** One run of a hook. Times in milliseconds since the epoch. */
export interface HookRecord {
  id: string;
  /** As the settings name it. */
  name: string;
  on: HookEvent;
  startedAt: number;
  /** Absent while it runs, as is the outcome. */
  endedAt?: number;
  outcome?: Outcome;
  exitCode?: number;
  /** What it said to people, shortened. */
  words?: string;
}

/** As the settings have it. */
export interface Hook {
  id: string;
  name: string;
  on: HookEvent;
  /** Of hooks around tools: the names of those that it is for; absent: all. */
  tools?: string[];
  /** One line for the shell. */
  command: string;
  timeoutSeconds: number;
  /** It runs outside the sandbox. */
  unconfined?: true;
  isOn: boolean;
}
