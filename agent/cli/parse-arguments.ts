/** Reads a command line: which command it names, its flags and its other arguments. */
import { parseArgs } from "node:util";
import { type Command, type FlagSpec, UsageError } from "./command";

/** Flags that every command has. */
export const sharedFlags: Record<string, FlagSpec> = {
  server: {
    type: "string",
    value: "URL",
    help: "A server elsewhere, with its token in REIN_TOKEN (REIN_SERVER)",
  },
  "data-dir": {
    type: "string",
    value: "DIRECTORY",
    help: "The data directory of this machine's server (REIN_DATA_DIR; ~/.rein)",
  },
  help: { type: "boolean", short: "h", help: "Print the help of the command and exit" },
};

export interface ParsedArguments {
  command: Command;
  positionals: string[];
  values: Record<string, string | boolean | (string | boolean)[] | undefined>;
}

/**
 * The first argument that is no flag names a command of the table, unless `--print` or `--` precedes it; without one the
 * command is `ask`. A single word that names none is refused, unless a script asks: it is a slip of the fingers. Throws UsageError.
 */
export function parseArguments(
  args: string[],
  table: readonly Command[],
  ask: Command,
): ParsedArguments {
  const all = Object.assign({}, ...[...table, ask].map(({ options }) => options), sharedFlags);
  const loose = parseArgs({ args, options: flagTypes(all), strict: false, tokens: true });
  const first = loose.tokens.find(
    (token) =>
      token.kind !== "option" || token.name === "print" || (token.name === "p" && !token.value),
  );
  const named =
    first?.kind === "positional" ? table.find(({ name }) => name === first.value) : undefined;
  const rest = named === undefined ? args : args.toSpliced(first!.index, 1);
  const command = named ?? ask;
  const parsed = parseStrictly(rest, command);
  const isScript = parsed.values["json"] === true || parsed.values["stream-json"] === true;
  if (first?.kind === "positional" && !named && !isScript && !/\s/.test(first.value))
    throw new UsageError(unknownCommand(first.value, table));
  const surplus = parsed.positionals[command.positionals ?? 0];
  if (surplus !== undefined)
    throw new UsageError(`“${titleOf(command)}” does not take “${surplus}”; see its --help.`);
  return { command, ...parsed };
}

function parseStrictly(args: string[], command: Command): Omit<ParsedArguments, "command"> {
  const flags = { ...command.options, ...sharedFlags };
  try {
    const options = flagTypes(flags);
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { positionals, values };
  } catch (error) {
    const names = Object.keys(flags).map((name) => `--${name}`);
    const words = (error as Error).message.split(". ")[0]!.replaceAll("'", "");
    const other = command.usage.includes("-- ") ? " Words of another command come after “--”." : "";
    const advice = `“${titleOf(command)}” has ${names.join(", ")}.${other}`;
    throw new UsageError(`${words}. ${advice}`, { cause: error });
  }
}

function flagTypes(flags: Record<string, FlagSpec>) {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => {
      const { type, short } = flag;
      const multiple = flag.type === "string" && flag.multiple === true;
      return [name, { type, multiple, ...(short !== undefined && { short }) }];
    }),
  );
}

/** As it is typed. */
export function titleOf({ name }: Command): string {
  return name === "" ? "rein" : `rein ${name}`;
}

function unknownCommand(word: string, table: readonly Command[]): string {
  const near = table.map(({ name }) => name).find((name) => isNear(word, name));
  const guess = near === undefined ? "“rein help” lists them." : `Did you mean “rein ${near}”?`;
  return `There is no command “${word}”. ${guess} To send it as a message: rein -- "${word}"`;
}

/** Whether one begins the other, or is it with one letter more, less, another, or two exchanged. */
function isNear(one: string, other: string): boolean {
  if (one.length > 1 && (one.startsWith(other) || other.startsWith(one))) return true;
  let start = 0;
  while (one[start] === other[start]) start++;
  const [a, b] = [one.slice(start), other.slice(start)];
  const exchanged = a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2);
  return exchanged || [a.slice(1), a].includes(b.slice(1)) || a.slice(1) === b;
}
