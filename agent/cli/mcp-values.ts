/** Values of variables and headers for `rein mcp add`: those that stand in the command line, and secrets, which should not. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { CommandFailed, UsageError } from "./command";
import { readPipedInput } from "./piped-input";

/** What a flag names. */
export interface Named {
  name: string;
  /** Absent: it is asked for. */
  value?: string;
}

export function namedIn(texts: readonly string[], separator: "=" | ":"): Named[] {
  const flag = separator === "=" ? "--env" : "--header";
  return texts.map((text) => {
    const at = text.indexOf(separator);
    const name = (at < 0 ? text : text.slice(0, at)).trim();
    if (name === "" || /\s/.test(name))
      throw new UsageError(
        `${flag} takes a name, or ${separator === "=" ? "NAME=VALUE" : "“NAME: VALUE”"}; this one has ${name === "" ? "no name" : "a space in its name"}.`,
      );
    if (at < 0) return { name };
    const value = text.slice(at + 1);
    return { name, value: separator === ":" ? value.trim() : value };
  });
}

/**
 * Their values. One without a value is typed at the terminal, where it is not shown, or is a line of standard input, in their
 * order. Throws UsageError where a line lacks.
 */
export async function valuesOf(all: readonly Named[]): Promise<Record<string, string>> {
  const names = all.filter(({ value }) => value === undefined).map(({ name }) => name);
  const asked = names.length === 0 ? [] : await read(names);
  const found = new Map(names.map((name, index) => [name, asked[index] ?? ""]));
  return Object.fromEntries(all.map(({ name, value }) => [name, value ?? found.get(name) ?? ""]));
}

async function read(names: readonly string[]): Promise<string[]> {
  if (process.stdin.isTTY) {
    const typed: string[] = [];
    for (const name of names) typed.push(await typeUnseen(name));
    return typed;
  }
  const lines = (await readPipedInput()).split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  if (lines.length === names.length) return lines;
  throw new UsageError(
    `Standard input should have the value of ${names.join(", ")}, a line each; it has ${lines.length === 1 ? "1 line" : `${lines.length} lines`}.`,
  );
}

/** Throws CommandFailed for Ctrl+C, and at the end of the input. */
function typeUnseen(name: string): Promise<string> {
  process.stderr.write(`${name}, which is not shown as you type: `);
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  return new Promise((resolve, reject) => {
    const reader = createInterface({ input: process.stdin, output, terminal: true });
    let line: string | undefined;
    reader.on("line", (typed) => {
      // Of lines that are pasted, the first one.
      line ??= typed;
      reader.close();
    });
    reader.on("SIGINT", () => reader.close());
    reader.on("close", () => {
      process.stderr.write("\n");
      if (line === undefined) reject(new CommandFailed("Nothing was added."));
      else resolve(line);
    });
  });
}
