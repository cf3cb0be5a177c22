/** Keeps whole outputs of calls, of which models are shown the ends. */

export interface OutputStore {
  /** Of a call that has begun. */
  open(sessionId: string, callId: string): OutputFile;
  /** All of a call's output that is kept, of a call of this session; undefined when there is none. Throws the signal's reason. */
  read(sessionId: string, callId: string, signal: AbortSignal): Promise<Buffer | undefined>;
}

export interface OutputFile {
  /** Returns at once. What cannot be written costs the file, not the call. */
  write(text: string): void;
  /** How much is kept; undefined when nothing is. Never rejects. */
  close(): Promise<{ characters: number } | undefined>;
}
