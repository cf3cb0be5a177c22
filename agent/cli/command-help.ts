/** What `--help` prints of the whole and of each command. */
import { version } from "../../package.json";
import type { Command, FlagSpec } from "./command";
import { commandTable } from "./command-table";
import { sharedFlags, titleOf } from "./parse-arguments";

/** Of `rein` itself it lists the commands too. */
export function helpOf(command: Command): string {
  const isWhole = command.name === "";
  const usage = `Usage: ${[titleOf(command), command.usage].join(" ").trimEnd()}`;
  const head = isWhole
    ? `Rein ${version}: a self-hosted AI agent whose Stop is real.\n\n${usage}`
    : `${command.summary}.\n\n${usage}`;
  const commands = commandTable.map(({ name, summary }): Row => [name, summary]);
  const sections = [
    ...(isWhole ? [`Commands:\n${table(commands)}`] : []),
    ...flagSection("Options", command.options),
    ...flagSection("Everywhere", sharedFlags),
  ];
  return [head, ...sections].join("\n\n");
}

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
