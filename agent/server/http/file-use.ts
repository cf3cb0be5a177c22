/** Which attached files somebody may read and send: those of sessions that they may see, and what they have uploaded and not sent. */
import type { Context } from "hono";
import { askerOf, maySee } from "./check-role";
import type { Services } from "./services";

/** Whether the one who asks may use the file of this hash. */
export function fileUse(
  c: Context,
  { attachments, sessions, store }: Pick<Services, "attachments" | "sessions" | "store">,
): (hash: string) => boolean {
  const { role, name } = askerOf(c);
  if (role === "admin") return () => true;
  return (hash) =>
    attachments.isUnsentOf(hash, name) ||
    store.sessionsOfFile(hash).some((id) => {
      const session = sessions.getReadable(id)?.session;
      return session !== undefined && maySee(c, session);
    });
}
