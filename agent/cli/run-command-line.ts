/** Runs one command line of `rein` to its exit code: 0 done, 1 failed, 130 stopped, 2 wrong usage. */
import { version } from "../../package.json";
import { StepFailed } from "../prepare";
import { ApiError } from "../sdk/create-rein";
import { direct } from "../shared/direct-addresses";
import { terminalText } from "../shared/terminal-safe";
import { askCommand } from "./ask-command";
import { hostname, isLoopback } from "../server/config/hostname";
import { NotUnpacked } from "../server/unpack-program";
import { type Call, CommandFailed, UsageError } from "./command";
import { commandTable } from "./command-table";
import { connect, find } from "./connect";
import { placeOf } from "./data-directory";
import { helpOf } from "./command-help";
import { endErrorOutput, isReaderGone, outputWords, writeOutput } from "./standard-output";
import { type ParsedArguments, parseArguments } from "./parse-arguments";

export async function runCommandLine(args: string[]): Promise<number> {
  Object.assign(process.env, direct(process.env));
  for (const stream of [process.stdout, process.stderr]) stream.on("error", endUnlessReaderGone);
  const exitCode = await run(args);
  await endErrorOutput();
  return exitCode;
}

async function run(args: string[]): Promise<number> {
  try {
    if (args[0] === "--version") return await printVersion(args.slice(1));
    const parsed = parseArguments(args, commandTable, askCommand);
    if (parsed.values["help"] === true) return await print(helpOf(parsed.command));
    return await parsed.command.run(callOf(parsed));
  } catch (error) {
    return fail(error);
  }
}

/** What is left of it cannot be written. A full disk ends the command, and with its connection the run. */
function endUnlessReaderGone(error: NodeJS.ErrnoException): void {
  if (isReaderGone(error)) return;
  process.stderr.write(`rein: ${outputWords(error)}\n`);
  process.exit(1);
}

function callOf({ values, positionals }: ParsedArguments): Call {
  const text = (flag: string) => {
    const value = values[flag];
    return typeof value === "string" ? value : undefined;
  };
  const node = text("node");
  const place = { server: text("server"), dataDir: text("data-dir"), node };
  return {
    positionals,
    text,
    all: (flag) => [values[flag] ?? []].flat().filter((value) => typeof value === "string"),
    has: (flag) => values[flag] === true,
    isRemote: node !== undefined || isElsewhere(text("server") || process.env["REIN_SERVER"]),
    connect: (client, say) => connect({ ...place, client }, process.env, say),
    find: (client, anyVersion = false) => find({ ...place, client, anyVersion }, process.env),
    dataDir: placeOf(text("data-dir"), process.env).dataDir,
  };
}

/** Paths of this machine mean nothing there. */
function isElsewhere(server: string | undefined): boolean {
  const url = URL.parse(server ?? "");
  return url !== null && !isLoopback(hostname(url.host));
}

async function printVersion([surplus]: string[]): Promise<number> {
  if (surplus !== undefined) throw new UsageError(`“rein --version” does not take “${surplus}”.`);
  return print(version);
}

async function print(words: string): Promise<number> {
  await writeOutput(`${words}\n`);
  return 0;
}

/** Says what went wrong. A bug is shown whole. */
function fail(error: unknown): number {
  const known = [UsageError, CommandFailed, ApiError, StepFailed, NotUnpacked];
  if (!(error instanceof Error) || !known.some((kind) => error instanceof kind)) throw error;
  if (error instanceof StepFailed) process.stderr.write(terminalText(error.output));
  process.stderr.write(`rein: ${terminalText(error.message)}\n`);
  return error instanceof UsageError ? 2 : 1;
}
