/** `/name`, or `/server:prompt`: the name and the argument of an input that may be a command: both "" where it is none. */
export function splitCommand(input: string): { name: string; argument: string } {
  const [, name = "", argument = ""] =
    /^\/([\w-]+:[\w.:/-]+|\w+)(?:\s+([\s\S]*))?$/.exec(input.trim()) ?? [];
  return { name, argument: argument.trim() };
}
