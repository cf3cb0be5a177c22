/** The persistent state of a shell: what its commands have changed in a fresh one, as a script that repeats the changes. */

export interface ShellState {
  /** The shell's directory: absolute, with symbolic links as `cd` has kept them. */
  directory: string;
  /** Restores options, variables, functions and aliases, but not the directory. */
  script: string;
}

/** A larger report is dropped: every command would restore it. */
const maxReportLength = 4_000_000;

/** Ends each of the two states of a report: the one before the command, and the one after it. */
const stateEnd = "\0whole\0";

/** What shell.bash reports in the course of one command. */
export class ShellReport {
  #text = "";
  #isTooLong = false;

  /** True when both states are complete. */
  add(piece: string): boolean {
    this.#isTooLong ||= this.#text.length + piece.length > maxReportLength;
    // The end alone is enough to recognize the end.
    this.#text = this.#isTooLong
      ? (this.#text + piece).slice(-stateEnd.length)
      : this.#text + piece;
    if (!this.#text.endsWith(stateEnd)) return false;
    return this.#isTooLong || this.#text.indexOf(stateEnd) < this.#text.length - stateEnd.length;
  }

  /**
   * The state that the command has left. Undefined when its shell was killed or replaced by `exec` before it could report
   * that: then the state before the command stays.
   */
  stateLeft(): ShellState | undefined {
    const [before, after, rest] = this.#text.split(stateEnd);
    if (before === undefined || after === undefined || rest === undefined) return undefined;
    return stateLeft(readRecords(before), readRecords(after));
  }
}

/** From the records of a fresh shell, and of the shell when the command had ended. */
function stateLeft(from: Map<string, string>, to: Map<string, string>): ShellState | undefined {
  const directory = to.get("directory");
  if (directory === undefined) return undefined;
  const options = linesAdded(from, to, "options").filter((line) => !endsWithCall.test(line));
  const script = [
    // Before the functions: extglob changes how they are parsed.
    ...options.filter((line) => !line.startsWith("set ")),
    ...changed(from, to, "variable ", "unset -v"),
    ...changed(from, to, "function ", "unset -f"),
    ...linesAdded(from, to, "attributes").filter((line) => !line.startsWith("declare -f ")),
    // Last: aliases and `set -x` would affect the lines above.
    to.get("aliases") ?? "",
    ...options.filter((line) => line.startsWith("set ")),
  ];
  return { directory, script: script.filter((line) => line !== "").join("\n") };
}

/** A script that brings a fresh shell, started in the directory of its job, into this state. */
export function restoreScript({ directory, script }: ShellState): string {
  const quoted = `'${directory.replaceAll("'", "'\\''")}'`;
  // A cd into the current directory would change OLDPWD.
  return `[[ $PWD == ${quoted} ]] || cd -- ${quoted}\n${script}\n:\n`;
}

/** With one of these on, the next call would end early or do nothing. */
const endsWithCall = /^set [-+]o (errexit|noexec|onecmd|privileged)$/;

/** A record is a line with its name, then its text. */
function readRecords(text: string): Map<string, string> {
  const records = text.split("\0").map((record): [string, string] => {
    const end = record.indexOf("\n");
    return end < 0 ? [record, ""] : [record.slice(0, end), record.slice(end + 1).trimEnd()];
  });
  return new Map(records);
}

/** Statements for what was added, changed or removed. It is unset first: a declaration only adds attributes to old ones. */
function changed(
  from: Map<string, string>,
  to: Map<string, string>,
  kind: "variable " | "function ",
  unset: string,
): string[] {
  const keys = [...new Set([...from.keys(), ...to.keys()])].filter((key) => key.startsWith(kind));
  return keys
    .filter((key) => from.get(key) !== to.get(key))
    .flatMap((key) => [
      from.has(key) ? `${unset} ${key.slice(kind.length)}` : "",
      to.get(key) ?? "",
    ]);
}

function linesAdded(from: Map<string, string>, to: Map<string, string>, key: string): string[] {
  const known = new Set(from.get(key)?.split("\n"));
  return (to.get(key) ?? "").split("\n").filter((line) => !known.has(line));
}
