/** What the terminal face is opened with. */
export interface TerminalOptions {
  /** Of the server. */
  url: string;
  /** The script token, or the credential of a sign-in. */
  token: string;
  /** The directory of a new session. */
  cwd: string;
  /** The session to open; a new one without it. */
  sessionId?: string;
  /** Where preferences are kept, and stops that have not reached the server. */
  dataDir: string;
}
