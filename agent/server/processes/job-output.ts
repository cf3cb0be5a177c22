/** A job's output: read to its end, decoded without splitting characters, and abandoned only on request. */
import { closeSync } from "node:fs";
import { log } from "../log";

export interface Output {
  /** Resolves when every process has closed it, or reading has ended otherwise; never rejects. */
  readonly ended: Promise<void>;
  /** Stops reading; what was read has been delivered. */
  cancel(): Promise<void>;
}

/** Reads `pipe` at once and as long as it lasts, so that the job never blocks on a full pipe. */
export function readOutput(
  pipe: ReadableStream<Uint8Array>,
  onText: (text: string) => void,
): Output {
  const reader = pipe.getReader();
  const text = new Decoder(onText);
  const read = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text.write(value);
    }
    text.end();
  };
  const ended = read().catch((err: unknown) => log.error({ err }, "Output of a job was lost"));
  return { ended, cancel: () => reader.cancel() };
}

/** Reads a descriptor in the same way, until `onText` returns true, and closes it. */
export function readReport(descriptor: number, onText: (text: string) => boolean): Output {
  const reader = Bun.file(descriptor).stream().getReader();
  const decoder = new TextDecoder();
  const read = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (onText(decoder.decode(value, { stream: true }))) return reader.cancel();
    }
  };
  const ended = read()
    .catch((err: unknown) => log.error({ err }, "A report of a job was lost"))
    .then(() => closeSync(descriptor));
  return { ended, cancel: () => reader.cancel() };
}

/** The output of a terminal, which pushes it. */
export class TerminalOutput implements Output {
  readonly #text: Decoder;
  readonly #ended = Promise.withResolvers<void>();
  readonly ended = this.#ended.promise;
  onCancel = (): void => {};

  constructor(onText: (text: string) => void) {
    this.#text = new Decoder(onText);
  }

  write(bytes: Uint8Array): void {
    this.#text.write(bytes);
  }

  end(): void {
    this.#text.end();
    this.#ended.resolve();
  }

  async cancel(): Promise<void> {
    this.onCancel();
    this.end();
  }
}

/**
 * Ends the reading of a job whose processes are gone. Resolves true when a process outside the job still held an output
 * open after `waitMs`, so that reading was abandoned. Never rejects.
 */
export async function closeOutputs(outputs: Output[], waitMs: number): Promise<boolean> {
  const allEnded = Promise.all(outputs.map((output) => output.ended)).then(() => true);
  const isHeld = !(await Promise.race([allEnded, Bun.sleep(waitMs)]));
  if (!isHeld) return false;
  const cancelled = Promise.allSettled(outputs.map((output) => output.cancel()));
  await Promise.race([cancelled.then(() => allEnded), Bun.sleep(waitMs)]);
  return true;
}

/** Decodes a stream of bytes; the pieces of text are never empty. */
class Decoder {
  readonly #decoder = new TextDecoder();
  readonly #onText: (text: string) => void;

  constructor(onText: (text: string) => void) {
    this.#onText = onText;
  }

  write(bytes: Uint8Array): void {
    this.#emit(this.#decoder.decode(bytes, { stream: true }));
  }

  end(): void {
    this.#emit(this.#decoder.decode());
  }

  #emit(text: string): void {
    if (text !== "") this.#onText(text);
  }
}
