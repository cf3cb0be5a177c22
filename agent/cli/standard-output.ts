/** Writes to standard output. */
import { terminalText } from "../shared/terminal-safe";
import { CommandFailed } from "./command";

/** Resolves when the system has taken it, or the reader is gone: that is for `onStopSignals`. Throws CommandFailed for another reason. */
export function writeOutput(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (!error || isReaderGone(error)) resolve();
      else reject(new CommandFailed(outputWords(error)));
    });
  });
}

/** Resolves when what standard error got is with its reader; it takes no more. */
export function endErrorOutput(): Promise<void> {
  return new Promise((resolve) => process.stderr.end(resolve));
}

/** The program that read the output, or the terminal, is gone. */
export function isReaderGone(error: NodeJS.ErrnoException): boolean {
  return error.code === "EPIPE" || error.code === "EIO";
}

export function outputWords(error: Error): string {
  return `The output cannot be written: ${error.message}`;
}

/** Text of a model: unchanged for a program or a file, and without effects on a terminal. */
export function outputText(text: string): string {
  return process.stdout.isTTY ? terminalText(text) : text;
}

/** One line of JSON, in which no control character is left as it is. */
export function jsonLine(value: unknown): string {
  const escaped = (character: string) =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  // oxlint-disable-next-line no-control-regex -- JSON.stringify leaves these, and terminals obey some of them
  return `${JSON.stringify(value).replaceAll(/[\x7F-\x9F\u2028\u2029]/g, escaped)}\n`;
}
