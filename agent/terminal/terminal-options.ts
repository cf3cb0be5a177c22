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
  /** Where preferences are kept, and stops that have not reached the server. */
  dataDir: string;
}
