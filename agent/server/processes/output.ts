/** A job's output: read to its end, decoded without ever splitting a character, and given up only on demand. */

export interface OutputReader {
  /** Resolves when the pipe has ended (every holder closed it) or reading was given up. */
  readonly ended: Promise<void>;
  /** Stops reading; what was read has been delivered. */
  cancel(): Promise<void>;
}

/** Reads `pipe` at once and for as long as it lasts: nobody waits for a viewer. */
export function readOutput(
  pipe: ReadableStream<Uint8Array>,
  onText: (text: string) => void,
): OutputReader {
  const reader = pipe.getReader();
  const decoder = new TextDecoder();
  const emit = (text: string): void => {
    if (text !== "") onText(text);
  };
  const read = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      emit(decoder.decode(value, { stream: true }));
    }
    emit(decoder.decode());
  };
  return { ended: read(), cancel: () => reader.cancel() };
}
