/** The people of a server that has names for them: what each may do on it, and in a session. */

/** admin: all sessions, the settings, the machine. member: own sessions, new ones, and those that are shared with them. */
export const serverRoles = ["member", "admin"] as const;

export type ServerRole = (typeof serverRoles)[number];

/**
 * From the least to the most. watch: read, and stop. steer: messages too, the queue, approvals, pause, undo. admin: rename,
 * delete and share too.
 */
export const sessionRoles = ["watch", "steer", "admin"] as const;

export type SessionRole = (typeof sessionRoles)[number];

/** Who asks. Without a name: the one person of a server that has no names, or who has its script token. */
export interface Asker {
  name?: string;
  role: ServerRole;
}

/** Somebody with whom a session is shared: by a link, which ends what it gave when it ends. */
export interface SessionPerson {
  name: string;
  role: SessionRole;
  linkId: string;
  /** Milliseconds since the epoch. */
  since: number;
  /** When it ends. */
  until?: number;
}

/** A link that shares a session: whoever is signed in and opens it has the role. */
export interface ShareLink {
  id: string;
  role: SessionRole;
  /** Of its token, which only the one who made it was shown. */
  hash: string;
  createdBy?: string;
  createdAt: number;
  until?: number;
}

/** `GET /api/me`. */
export interface Me extends Asker {
  /** Whether the server has names for people. */
  hasPeople: boolean;
  /** The one that asks; absent for what is no signed-in browser. */
  signInId?: string;
}

/** A person as admins see them: `GET /api/people`. */
export interface Person {
  id: string;
  name: string;
  role: ServerRole;
  /** REIN_ADMINS names them: their role cannot be changed here. */
  isFixed?: true;
  /** Refused since then. */
  removedAt?: number;
  /** When they were first seen. */
  createdAt: number;
  /** To the day. */
  seenAt: number;
  signIns: number;
  keys: number;
}

/** A key by which a program speaks for a person: `GET /api/keys`. */
export interface ApiKey {
  id: string;
  name: string;
  /** Whose it is; absent where the server has no names for people. */
  user?: string;
  createdAt: number;
  /** To the minute; absent: never. */
  usedAt?: number;
}

/** The answer that shows a key, once. */
export interface NewApiKey {
  key: string;
  entry: ApiKey;
}

/** The answer that shows the token of a link, once. */
export interface NewShareLink {
  token: string;
  link: ShareLink;
}

/** What somebody may do in a session whose link they have opened. */
export interface JoinAnswer {
  role: SessionRole;
}
