/** `rein completions`: scripts that complete the names of commands and flags in a shell. */
import { askCommand } from "./ask-command";
import { type Call, type Command, type FlagSpec, UsageError } from "./command";
import { commandTable } from "./command-table";
import { sharedFlags } from "./parse-arguments";
import { writeOutput } from "./standard-output";

export async function printCompletions({ positionals: [shell] }: Call): Promise<number> {
  const write = Object.hasOwn(scripts, shell ?? "") ? scripts[shell ?? ""] : undefined;
  if (write === undefined) {
    const wrong = shell === undefined ? "No shell is named" : `The shell is “${shell}”`;
    throw new UsageError(
      `${wrong}; expected bash, zsh or fish, as in: source <(rein completions bash)`,
    );
  }
  await writeOutput(write());
  return 0;
}

const scripts: Record<string, () => string> = { bash, zsh, fish };

function flagsOf(command: Command): [name: string, flag: FlagSpec][] {
  return Object.entries({ ...command.options, ...sharedFlags });
}

function flagNames(command: Command): string {
  return flagsOf(command)
    .map(([name]) => `--${name}`)
    .join(" ");
}

const argumentWords: Record<string, string> = {
  completions: "bash zsh fish",
  help: commandTable.map(({ name }) => name).join(" "),
};

/** The words that can follow a command. */
function wordsOf(command: Command): string {
  return [flagNames(command), argumentWords[command.name]].filter(Boolean).join(" ");
}

function bash(): string {
  const names = commandTable.map(({ name }) => name).join(" ");
  const cases = commandTable.map((one) => `    ${one.name}) words="${wordsOf(one)}" ;;`);
  return `# Completions of rein for bash: source <(rein completions bash)
_rein() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words
  case $previous in
    --cwd|--data-dir) COMPREPLY=($(compgen -d -- "$current")); return ;;
    --permissions) COMPREPLY=($(compgen -W "ask edits all" -- "$current")); return ;;
  esac
  case \${COMP_WORDS[1]} in
${cases.join("\n")}
    *)
      words="${flagNames(askCommand)}"
      [ "$COMP_CWORD" -eq 1 ] && words="${names} $words" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _rein rein
`;
}

/** zsh runs the completions of bash. */
function zsh(): string {
  return `# Completions of rein for zsh: source <(rein completions zsh)
autoload -Uz bashcompinit && bashcompinit
${bash()}`;
}

function fish(): string {
  const quoted = (text: string) => `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
  const commands = commandTable.map(
    ({ name, summary }) =>
      `complete -c rein -f -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
  );
  const flags = [askCommand, ...commandTable].flatMap((command) => {
    const when =
      command === askCommand
        ? "__fish_use_subcommand"
        : `__fish_seen_subcommand_from ${command.name}`;
    return flagsOf(command).map(([name, flag]) => {
      const short = flag.short === undefined ? "" : ` -s ${flag.short}`;
      const value = flag.type === "string" ? " -r" : "";
      return `complete -c rein -n ${quoted(when)} -l ${name}${short}${value} -d ${quoted(flag.help)}`;
    });
  });
  const words = Object.entries(argumentWords).map(
    ([name, list]) =>
      `complete -c rein -f -n ${quoted(`__fish_seen_subcommand_from ${name}`)} -a ${quoted(list)}`,
  );
  return `# Completions of rein for fish: rein completions fish | source\n${[...commands, ...flags, ...words].join("\n")}\n`;
}
