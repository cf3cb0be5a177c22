/** What `--help` and `rein help` print. */
import { version } from "../../package.json";
import { askCommand } from "./ask-command";
import { type Call, type Command, type FlagSpec, UsageError } from "./command";
import { commandTable } from "./command-table";
import { sharedFlags, titleOf } from "./parse-arguments";
import { writeOutput } from "./standard-output";

export async function printHelp({ positionals: [name] }: Call): Promise<number> {
  const command = name === undefined ? askCommand : commandTable.find((one) => one.name === name);
  if (command === undefined)
    throw new UsageError(`There is no command “${name}”. “rein help” lists them.`);
  await writeOutput(`${helpOf(command)}\n`);
  return 0;
}

/** Of `rein` itself it lists the commands too. */
export function helpOf(command: Command): string {
  const isWhole = command === askCommand;
  const usage = `Usage: ${[titleOf(command), command.usage].join(" ").trimEnd()}`;
  const head = isWhole ? wholeHead(usage) : `${command.summary}.\n\n${usage}`;
  const commands = commandTable.map(({ name, summary }): Row => [name, summary]);
  const sections = [
    ...(isWhole ? [`Commands:\n${table(commands)}`] : []),
    ...flagSection(isWhole ? "Of a message" : "Options", command.options),
    ...flagSection("Everywhere", sharedFlags),
    ...(isWhole ? [exitCodes] : []),
  ];
  return [head, ...sections].join("\n\n");
}

function wholeHead(usage: string): string {
  return `Rein ${version}: a self-hosted AI agent whose Stop is real.

${usage}

  rein                      Talk in this directory
  rein "fix the test"       Send a message, show the run, and exit
  rein -p "…" < file        Print the answer alone; the input is added to the message`;
}

const exitCodes =
  "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped. Ctrl+C stops the run; again, it gets no time to clean up.";

function flagSection(title: string, flags: Record<string, FlagSpec>): string[] {
  const rows = Object.entries(flags).map(([name, flag]): Row => [flagWords(name, flag), flag.help]);
  return rows.length === 0 ? [] : [`${title}:\n${table(rows)}`];
}

function flagWords(name: string, flag: FlagSpec): string {
  const short = flag.short === undefined ? "" : `-${flag.short}, `;
  return `${short}--${name}${flag.type === "string" ? ` ${flag.value}` : ""}`;
}

type Row = [left: string, right: string];

function table(rows: Row[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
