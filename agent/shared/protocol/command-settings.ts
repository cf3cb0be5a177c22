/** How the commands of models are confined, and what they may use. */
import type { JobLimitFacts, JobLimitSettings } from "./job-limits";
import type { Sentence } from "./sentence";

export const sandboxChoices = ["auto", "on", "off"] as const;

export interface CommandSettings extends JobLimitSettings {
  /** "auto": where it works here, else off. "on": where it does not work, no command runs. */
  sandbox: (typeof sandboxChoices)[number];
  /** A list: only these domains, such as `example.com`, `*.example.com` or `example.com:8080`. Needs the sandbox. */
  network: "on" | "off" | string[];
  /** Variables that commands get besides the usual ones: names, or `PREFIX_*`. */
  environment: string[];
}

/** What `GET /api/commands` answers. */
export interface CommandsAnswer extends CommandSettings {
  /** How the end of a command's processes is confirmed on this machine; "none": they are only seen dead. */
  proof: "supervisor" | "supervisor and cgroup" | "none";
  /** A sandbox works on this machine. */
  sandboxWorks: boolean;
  /** Why not, for people. */
  noSandbox?: string;
  /** The same, to be translated. */
  noSandboxSaid?: Sentence;
  /** The next command runs in a sandbox. */
  sandboxed: boolean;
  limits: JobLimitFacts;
  /** Names of variables that the server has and commands do not get. */
  withheld: string[];
}
