/** What somebody may do in a session: whose it is, and with whom it is shared. The server decides by it, and the page shows by it. */
import { type Asker, type SessionPerson, type SessionRole, sessionRoles } from "./protocol";

/** What a session, or its row in the list, says of it. */
export interface Owned {
  user?: string | undefined;
  people?: readonly Pick<SessionPerson, "name" | "role" | "until">[] | undefined;
}

/** Undefined: it is not theirs to see. `now`: in milliseconds since the epoch. */
export function roleIn(
  asker: Asker,
  { user, people }: Owned,
  now: number,
): SessionRole | undefined {
  if (asker.role === "admin") return "admin";
  if (asker.name === undefined) return undefined;
  if (asker.name === user) return "admin";
  const own = people?.find(({ name }) => name === asker.name);
  return own === undefined || hasEnded(own, now) ? undefined : own.role;
}

/** Whether one role includes another. */
export function includesRole(role: SessionRole | undefined, needed: SessionRole): boolean {
  return role !== undefined && sessionRoles.indexOf(role) >= sessionRoles.indexOf(needed);
}

export function hasEnded({ until }: { until?: number | undefined }, now: number): boolean {
  return until !== undefined && until <= now;
}
