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

type Flag = [name: string, spec: FlagSpec];

function flagsOf(command: Command): Flag[] {
  return Object.entries({ ...command.options, ...sharedFlags });
}

const commandNames = commandTable.map(({ name }) => name).join(" ");

const argumentWords: Record<string, string> = {
  completions: "bash zsh fish",
  help: commandNames,
  mcp: "list add remove",
  project: "list show allow refuse",
  sessions: "list pin unpin archive unarchive fork delete restore",
  memory: "list add keep edit remove",
  schedules: "list add pause resume run remove",
  hooks: "list on off",
  nodes: "list remove",
};

/** The words that can follow a command. */
function wordsOf(command: Command): string {
  const flags = flagsOf(command).map(([name]) => `--${name}`);
  return [...flags, argumentWords[command.name]].filter(Boolean).join(" ");
}

const valued: Flag[] = [askCommand, ...commandTable]
  .flatMap(flagsOf)
  .filter(([name, { type }], index, all) => {
    return type === "string" && all.findIndex(([other]) => other === name) === index;
  });

/** As they are typed, short forms too. */
function typed([name, { short }]: Flag): string[] {
  return [...(short === undefined ? [] : [`-${short}`]), `--${name}`];
}

/** What a flag takes: one of some words, a directory, a file, or text of which nothing is known. */
function valueOf([, spec]: Flag): "directory" | "file" | "text" | string[] {
  if (spec.type === "boolean") return "text";
  if (spec.value.includes("|")) return spec.value.split("|");
  if (spec.value === "FILE") return "file";
  return spec.value === "DIRECTORY" ? "directory" : "text";
}

const bashKinds = { directory: "-d", file: "-f", text: '-W ""' };

function bash(): string {
  const answers = valued.map((flag) => {
    const value = valueOf(flag);
    const kind = typeof value === "string" ? bashKinds[value] : `-W "${value.join(" ")}"`;
    return `    ${typed(flag).join("|")}) COMPREPLY=($(compgen ${kind} -- "$current")); return ;;`;
  });
  const cases = commandTable.map((one) => `    ${one.name}) words="${wordsOf(one)}" ;;`);
  return `# Completions of rein for bash: source <(rein completions bash)
_rein() {
  local current=\${COMP_WORDS[COMP_CWORD]} command= words index
  case \${COMP_WORDS[COMP_CWORD-1]} in
${answers.join("\n")}
  esac
  for ((index = 1; index < COMP_CWORD; index++)); do
    case \${COMP_WORDS[index]} in
      ${valued.flatMap(typed).join("|")}) ((index++)) ;;
      -p|--print) command=message; break ;;
      -*) ;;
      *) command=\${COMP_WORDS[index]}; break ;;
    esac
  done
  words="${wordsOf(askCommand)}"
  case $command in
    "") words="${commandNames} $words" ;;
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _rein rein
`;
}

/** zsh runs the completions of bash. */
function zsh(): string {
  return `# Completions of rein for zsh: source <(rein completions zsh)
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
autoload -Uz bashcompinit && bashcompinit
${bash()}`;
}

function fish(): string {
  const quoted = (text: string) => `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
  const row = (when: string, ...rest: string[]) =>
    ["complete -c rein -n", quoted(when), ...rest].join(" ");
  const isMessage = `not __rein_is ${commandNames}`;
  const commands = commandTable.map(({ name, summary }) =>
    row("__rein_is ''", "-f -a", name, "-d", quoted(summary)),
  );
  const flags = [askCommand, ...commandTable].flatMap((command) =>
    flagsOf(command).map((flag) => {
      const [name, { short, help }] = flag;
      const when = command === askCommand ? isMessage : `__rein_is ${command.name}`;
      const shortened = short === undefined ? [] : ["-s", short];
      return row(when, ...shortened, "-l", name, ...fishValue(flag), "-d", quoted(help));
    }),
  );
  const words = Object.entries(argumentWords).map(([name, list]) =>
    row(`__rein_is ${name}`, "-f -a", quoted(list)),
  );
  return `# Completions of rein for fish: rein completions fish | source
function __rein_is --description 'Whether the command of the line is one of these'
  set -l words (commandline -opc)
  set -e words[1]
  set -l found ''
  while set -q words[1]
    switch $words[1]
      case ${valued.flatMap(typed).join(" ")}
        set -e words[1]
      case -p --print
        set found message
        break
      case '-*'
      case '*'
        set found $words[1]
        break
    end
    set -e words[1]
  end
  contains -- "$found" $argv
end
${[...commands, ...flags, ...words].join("\n")}
`;
}

function fishValue(flag: Flag): string[] {
  if (flag[1].type === "boolean") return [];
  const value = valueOf(flag);
  if (value === "directory") return ["-x -a '(__fish_complete_directories)'"];
  if (value === "file") return ["-r -F"];
  return value === "text" ? ["-x"] : [`-x -a '${value.join(" ")}'`];
}
