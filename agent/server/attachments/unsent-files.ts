/** What was uploaded and is in no message yet: bounded, and never pushed out by another file of its session. */
import { maxFileBytes, maxFiles } from "../../shared/taken-files";
import { FileRefusedError } from "./file-refused-error";
import type { Uploader } from "./open-uploads";

interface Unsent {
  bytes: number;
  /** By so many uploads: each can be discarded alone. */
  times: number;
  /** Of the last of them. */
  sessionId: string | undefined;
  /** Of all of them, where people have names. */
  users: Set<string | undefined>;
  uploadedAt: number;
}

/** Three messages of the most files, and thirty files of the greatest size. */
const maxUnsentFiles = 3 * maxFiles;
const maxUnsentBytes = 30 * maxFileBytes;
/** What another session has not sent by then makes room: its page may be long gone. */
const maxUnsentMs = 3_600_000;
const noRoom = `Too much waits to be sent: at most ${maxUnsentFiles} files and ${maxUnsentBytes / 1e9} GB in all sessions. Send or remove some, then try again.`;

export class UnsentFiles {
  /** By hash, the oldest first. */
  readonly #files = new Map<string, Unsent>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  has(hash: string): boolean {
    return this.#files.has(hash);
  }

  isOf(hash: string, user: string | undefined): boolean {
    return this.#files.get(hash)?.users.has(user) ?? false;
  }

  /** One more upload of it. Returns those that made room, and are no longer held. Throws FileRefusedError when there is none. */
  add({ hash, bytes }: { hash: string; bytes: number }, { sessionId, user }: Uploader): string[] {
    const before = this.#files.get(hash);
    const gone = before === undefined ? this.#makeRoom(bytes, sessionId) : [];
    this.#files.delete(hash);
    const times = (before?.times ?? 0) + 1;
    const users = new Set(before?.users).add(user);
    this.#files.set(hash, { bytes, times, sessionId, users, uploadedAt: this.#now() });
    return gone;
  }

  /** One upload of it was sent or discarded. */
  forget(hash: string): void {
    const unsent = this.#files.get(hash);
    if (unsent !== undefined && --unsent.times === 0) this.#files.delete(hash);
  }

  #makeRoom(bytes: number, sessionId: string | undefined): string[] {
    const isWithin = () =>
      this.#files.size < maxUnsentFiles &&
      this.#files.values().reduce((sum, one) => sum + one.bytes, bytes) <= maxUnsentBytes;
    const gone: string[] = [];
    for (const [hash, one] of this.#files) {
      if (isWithin()) return gone;
      const isOld = this.#now() - one.uploadedAt > maxUnsentMs;
      if (!isOld || (sessionId !== undefined && one.sessionId === sessionId)) continue;
      this.#files.delete(hash);
      gone.push(hash);
    }
    if (!isWithin()) throw new FileRefusedError("room", noRoom);
    return gone;
  }
}
