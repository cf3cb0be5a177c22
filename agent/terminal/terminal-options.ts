/** What the terminal face is opened with. */
import type { SessionPatch } from "../shared/protocol";

export interface TerminalOptions {
  /** Of the server. */
  url: string;
  /** The script token, or the credential of a sign-in. */
  token: string;
  /** The directory of a new session. */
  cwd: string;
  /** What a new session begins with, besides. */
  chosen?: SessionPatch;
  /** The session to open; a new one without it. */
  sessionId?: string;
  /**
   * Finds this machine's server, or starts it again, and resolves with where it is. Rejects with an Error for a person.
   * `say` tells what is done. Undefined where the face cannot start it.
   */
  startServer?: (say: (words: string) => void) => Promise<{ url: string; token: string }>;
  /** Where preferences are kept, and stops that have not reached the server. */
  dataDir: string;
}
