/** `/name`, `/folder/name` of a file, or `/server:prompt`: the name and the argument of an input that may be a command: both "" where it is none. */
export function splitCommand(input: string): { name: string; argument: string } {
  const [, name = "", argument = ""] = pattern.exec(input.trim()) ?? [];
  return { name, argument: argument.trim() };
}

/** The names of files as the server takes them: five folders and a name at most. */
const pattern =
  /^\/([\w-]+:[\w.:/-]+|[\p{L}\p{N}_][\p{L}\p{N}._-]*(?:\/[\p{L}\p{N}][\p{L}\p{N}._-]*){0,4})(?:\s+([\s\S]*))?$/u;
