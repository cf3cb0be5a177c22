/** What whoever looks at the page may do in a session. The server decides; the page offers nothing that it would refuse. */
import type { Session } from "../../shared/protocol";
import { roleIn } from "../../shared/session-roles";
import { hasPeople, me } from "./me";

/** It is shared with them to be read and stopped, and for nothing else. */
export function mayOnlyWatch(session: Session): boolean {
  const asker = me();
  return hasPeople() && asker !== undefined && roleIn(asker, session, Date.now()) === "watch";
}
