/** Runs one command line of `rein` to its exit code: 0 done, 1 failed, 130 stopped, 2 wrong usage. */
import { version } from "../../package.json";
import { ApiError, ConnectionLost } from "../sdk/create-rein";
import { visibleString } from "../shared/visible-text";
import { askCommand } from "./ask-command";
import { type Call, CommandFailed, UsageError } from "./command";
import { commandTable } from "./command-table";
import { connect } from "./connect";
import { helpOf } from "./command-help";
import { type ParsedArguments, parseArguments } from "./parse-arguments";

export async function runCommandLine(args: string[]): Promise<number> {
  try {
    if (args[0] === "--version") return print(version);
    const parsed = parseArguments(args, commandTable, askCommand);
    if (parsed.values["help"] === true) return print(helpOf(parsed.command));
    return await parsed.command.run(callOf(parsed));
  } catch (error) {
    return fail(error);
  }
}

function callOf({ values, positionals }: ParsedArguments): Call {
  const text = (flag: string) => {
    const value = values[flag];
    return typeof value === "string" ? value : undefined;
  };
  return {
    positionals,
    text,
    has: (flag) => values[flag] === true,
    connect: (client) =>
      connect({ server: text("server"), dataDir: text("data-dir"), client }, process.env),
  };
}

function print(words: string): number {
  process.stdout.write(`${words}\n`);
  return 0;
}

/** Says what went wrong. A bug is shown whole. */
function fail(error: unknown): number {
  const isKnown =
    error instanceof UsageError ||
    error instanceof CommandFailed ||
    error instanceof ApiError ||
    error instanceof ConnectionLost;
  if (!isKnown) throw error;
  process.stderr.write(`rein: ${visibleString(error.message)}\n`);
  return error instanceof UsageError ? 2 : 1;
}
