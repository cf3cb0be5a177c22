/** Which attached files somebody may read and send: those of sessions that they may see, and what they have uploaded and not sent. */
import type { Context } from "hono";
import { askerOf, maySee } from "./check-role";
import { passedHeaders } from "./cluster/passed-headers";
import type { Services } from "./services";

/** Of one who asks. */
export interface FileUse {
  mayUse(hash: string): boolean;
  user: string | undefined;
  /** With which other nodes are asked for a file. */
  headers: Record<string, string>;
}

export function fileUse(
  c: Context,
  { attachments, sessions, store }: Pick<Services, "attachments" | "sessions" | "store">,
): FileUse {
  const { role, name: user } = askerOf(c);
  const isSeen = (id: string) => {
    const session = sessions.getReadable(id)?.session;
    return session !== undefined && maySee(c, session);
  };
  return {
    user,
    headers: passedHeaders(c),
    mayUse: (hash) =>
      role === "admin" ||
      attachments.isUnsentOf(hash, user) ||
      store.files.sessionsWith(hash).some(isSeen),
  };
}
