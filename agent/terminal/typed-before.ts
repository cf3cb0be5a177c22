/** What was typed before the face had the terminal: while Rein started, or its server. */
import { closeSync, constants, openSync, readSync } from "node:fs";

/** More than a terminal keeps of lines that nothing has read. */
const maxBytes = 8192;

/**
 * Takes it from the terminal, which is then in raw mode. Its Enter comes as a line feed, which the terminal has made of
 * it: it is one again. Empty without a terminal.
 */
export function takeTypedBefore(): string {
  process.stdin.setRawMode?.(true);
  const bytes = readWaiting();
  return bytes.toString("utf8").replaceAll("\n", "\r");
}

function readWaiting(): Buffer {
  const buffer = Buffer.alloc(maxBytes);
  let length = 0;
  let terminal: number | undefined;
  try {
    // Its own description of the terminal: that of standard input, which a shell shares, would not block any more.
    terminal = openSync("/dev/tty", constants.O_RDONLY | constants.O_NONBLOCK);
    for (let count = 1; count > 0 && length < maxBytes; length += count)
      count = readSync(terminal, buffer, length, maxBytes - length, null);
  } catch {
    // Nothing waits any more, or there is no terminal.
  } finally {
    if (terminal !== undefined) closeSync(terminal);
  }
  return buffer.subarray(0, length);
}
