/** Writes to standard output. */
import { terminalText } from "../shared/terminal-safe";

/** Resolves when the system has taken it, or the reader is gone: that is for `onStopSignals`. */
export function writeOutput(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
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
