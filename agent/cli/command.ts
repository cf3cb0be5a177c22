/** What a command of `rein` is made of, and the errors that it may throw. */
import type { StopClient } from "../shared/protocol";
import type { Connection } from "./connect";
import type { Say } from "./start-server";

export interface Command {
  name: string;
  /** One line of the help, without a full stop. */
  summary: string;
  /** What follows its name, such as "[SESSION] [--all]". */
  usage: string;
  /** How many arguments that are no flags it takes at most; without it none. */
  positionals?: number;
  /** Its own flags, besides those that every command has. */
  options: Record<string, FlagSpec>;
  /** Resolves with the exit code: 0 done, 1 failed, 130 stopped. Throws UsageError, CommandFailed, or an ApiError. */
  run: (call: Call) => Promise<number>;
}

export type FlagSpec = { short?: string; help: string } & (
  | { type: "boolean" }
  /** `value` stands for it in the help. `multiple`: it can be given again and again. */
  | { type: "string"; value: string; multiple?: true }
);

/** One call of a command, with its arguments read. */
export interface Call {
  /** What is no flag, in its order. */
  positionals: string[];
  /** The value of a flag; undefined without it. */
  text: (flag: string) => string | undefined;
  /** All values of a flag that can be given again and again. */
  all: (flag: string) => readonly string[];
  /** Whether a flag without a value is given. */
  has: (flag: string) => boolean;
  /** Whether a server of another machine was named, or a machine of a cluster. */
  isRemote: boolean;
  /**
   * Finds the server, or starts one. `client`: what a stop names as the place that it came from. `say` tells of a start, on
   * standard error unless given. Throws CommandFailed.
   */
  connect: (client: StopClient, say?: Say) => Promise<Connection>;
  /** The same, and undefined when this machine has no server that runs. `anyVersion`: also one of another version of Rein. */
  find: (client: StopClient, anyVersion?: boolean) => Promise<Connection | undefined>;
  /** The data directory of this machine's server. */
  dataDir: string;
}

/** The command line is wrong: exit code 2. The message says what is wrong, what is expected, and what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was asked cannot be done: exit code 1. The message is for a person. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/** How long a server may take to answer what a command asks. */
export const answerMs = 30_000;
