/** The end of links by which a session was shared, and of what people have by them. */
import type { SessionPerson, ShareLink } from "../../shared/protocol";
import type { LiveSession } from "../session/live-session";
import type { SessionRegistry } from "../session/session-registry";

/** False when there is no such link. */
export function revokeLinks(
  live: LiveSession,
  { listViewers }: Pick<SessionRegistry, "listViewers">,
  isRevoked: (link: ShareLink) => boolean,
): boolean {
  const { links = [], people = [] } = live.session;
  const ended = new Set(links.filter(isRevoked).map(({ id }) => id));
  if (ended.size === 0) return false;
  share(live, {
    links: links.filter(({ id }) => !ended.has(id)),
    people: people.filter(({ linkId }) => !ended.has(linkId)),
  });
  for (const { name, linkId } of people)
    if (ended.has(linkId)) listViewers.hideFrom(live.session, name);
  return true;
}

/** It moves no session to the top of the list. */
export function share(
  live: LiveSession,
  patch: { links?: ShareLink[]; people?: SessionPerson[] },
): void {
  live.emit({ type: "session-update", at: live.session.updatedAt, patch });
}
