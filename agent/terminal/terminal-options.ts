/** What the terminal face is opened with. */
import type { SessionPatch } from "../shared/protocol";

export interface TerminalOptions {
  /** Of the server. */
  url: string;
  /** The script token, or the credential of a sign-in. */
  token: string;
  /** The machine of a cluster that a new session is on, where one was named. */
  node?: string | undefined;
  /** The directory of a new session. */
  cwd: string;
  /** What a new session begins with, besides. */
  chosen?: SessionPatch;
  /** The session to open; a new one without it. */
  sessionId?: string;
  /** This machine's server; undefined where the face can neither find nor start it. */
  ownServer?: OwnServer;
  /** Where preferences are kept, and stops that have not reached the server. */
  dataDir: string;
}

export interface OwnServer {
  /** Resolves with where it is; undefined when none runs. Rejects when it does not answer. */
  find: () => Promise<ServerPlace | undefined>;
  /**
   * Finds it, or starts it again, and resolves with where it is. Rejects with an Error for a person. `say` tells what is
   * done.
   */
  start: (say: (words: string) => void) => Promise<ServerPlace>;
}

export interface ServerPlace {
  url: string;
  token: string;
}

/** The full screen cannot be drawn here. */
export interface NoScreen {
  /** Why not. */
  lack: string;
}
