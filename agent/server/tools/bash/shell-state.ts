/** What of a shell lasts: the difference that its commands have made to a fresh one, as a script that makes it again. */

export interface ShellState {
  /** Where the shell is: absolute, links in it as `cd` has followed them. */
  directory: string;
  /** Options, variables, functions and aliases; the directory is not in it. */
  script: string;
}

/**
 * The state that a command has left, from what shell.bash wrote down before it and after it.
 * Undefined when the shell did not get to its end (it was killed, or replaced by `exec`): what was before it stands.
 */
export function stateLeft(before: string, after: string): ShellState | undefined {
  const from = readRecords(before);
  const to = readRecords(after);
  const directory = to?.get("directory");
  if (from === undefined || to === undefined || directory === undefined) return undefined;
  const options = linesAdded(from, to, "options").filter((line) => !ownToACall.test(line));
  const script = [
    // Before the functions: extglob changes how they are read.
    ...options.filter((line) => !line.startsWith("set ")),
    ...changed(from, to, "variable ", "unset -v"),
    ...changed(from, to, "function ", "unset -f"),
    ...linesAdded(from, to, "attributes").filter((line) => !line.startsWith("declare -f ")),
    // Last: an alias or `set -x` would act on the lines above.
    to.get("aliases") ?? "",
    ...options.filter((line) => line.startsWith("set ")),
  ];
  return { directory, script: script.filter((line) => line !== "").join("\n") };
}

/** A script that brings a fresh shell, in the directory of its job, into this state. */
export function restoring({ directory, script }: ShellState): string {
  const place = `'${directory.replaceAll("'", "'\\''")}'`;
  // A cd to where the shell is would still change OLDPWD.
  return `[[ $PWD == ${place} ]] || cd -- ${place}\n${script}\n:\n`;
}

/** With these left on, the next call would end early, or do nothing at all. */
const ownToACall = /^set [-+]o (errexit|noexec|onecmd|privileged)$/;

/** Each record is a line that names it, then its text. */
function readRecords(text: string): Map<string, string> | undefined {
  const records = text.split("\0").map((record): [string, string] => {
    const end = record.indexOf("\n");
    return end < 0 ? [record, ""] : [record.slice(0, end), record.slice(end + 1).trimEnd()];
  });
  return text.endsWith("whole\0") ? new Map(records) : undefined;
}

/** Statements for what is new, other or gone. What was there is unset first: a declaration alone adds to its attributes. */
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
