/** Which attached files the saved sessions name: a file that one of them names is not removed. */
import type { FileRef } from "../../shared/protocol";
import { log } from "../log";
import { fileRow } from "./changed-rows";
import type { Statements } from "./statements";
import { isDamage } from "./storage-errors";
import type { WriteBehind } from "./write-behind";

type Writer = Pick<WriteBehind, "flush" | "isBehind" | "note">;

export class NamedFiles {
  readonly #statements: Statements;
  readonly #writer: Writer;

  constructor(statements: Statements, writer: Writer) {
    this.#statements = statements;
    this.#writer = writer;
  }

  /** The hashes of all; undefined when they cannot be read. */
  all(): Set<string> | undefined {
    try {
      return new Set(this.#statements.files.all().map(({ hash }) => hash));
    } catch (error) {
      if (!isDamage(error)) throw error;
      log.error({ err: error }, "Which files the sessions name cannot be read: none is removed");
      return undefined;
    }
  }

  /** A session names these files already before a message in it does. */
  add(sessionId: string, files: Pick<FileRef, "hash">[]): void {
    const rows = files.map(({ hash }) => fileRow(sessionId, hash));
    this.#writer.note(sessionId, rows);
    this.#writer.flush();
  }

  /** The hashes of the files that a session names, each once; none of one that is not there. Throws what SQLite throws. */
  ofSession(id: string): string[] {
    this.#writer.flush();
    return this.#statements.filesOfSession.all(id).map(({ hash }) => hash);
  }

  /** The ids of the sessions that name this file. Throws what SQLite throws. */
  sessionsWith(hash: string): string[] {
    this.#writer.flush();
    return this.#statements.sessionsOfFile.all(hash).map(({ id }) => id);
  }

  /** Whether a session names this file; while something cannot be saved, any may. */
  has(hash: string): boolean {
    this.#writer.flush();
    return this.#writer.isBehind || this.#statements.sessionOfFile.get(hash) !== null;
  }
}
