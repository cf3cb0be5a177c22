/** The routes by which a session is shared: links with a role, and how somebody who is signed in opens one. */
import { Hono } from "hono";
import { defined } from "../../../shared/defined";
import type { JoinAnswer, NewShareLink, SessionPerson, ShareLink } from "../../../shared/protocol";
import { joinRequest, shareRequest } from "../../../shared/requests";
import { hasEnded, includesRole, roleIn } from "../../../shared/session-roles";
import { hashOf, newEntryId, newSecret } from "../../access/secrets";
import { body } from "../body";
import { askerOf, unknownSession } from "../check-role";
import { httpError } from "../http-error";
import { find } from "../request";
import { revokeLinks, share } from "../revoke-links";
import type { Services } from "../services";

const maxLinks = 100;
const maxPeople = 1000;

export function createShareRoutes({ access, sessions }: Services): Hono {
  const app = new Hono();

  app.post("/api/sessions/:id/links", async (c) => {
    const live = find(c, sessions);
    const { role, until } = shareRequest.parse(await body(c));
    if (access.people === undefined && !access.ofFront) throw httpError(409, "person", noPeople);
    const now = Date.now();
    if (hasEnded({ until }, now)) throw httpError(400, "input", "until: this time is over.");
    const links = (live.session.links ?? []).filter((one) => !hasEnded(one, now));
    if (links.length >= maxLinks)
      throw httpError(409, "links-full", `There are ${maxLinks} links. Revoke one first.`);
    const token = newSecret();
    const link: ShareLink = {
      id: newEntryId(),
      role,
      hash: hashOf(token),
      createdAt: now,
      ...defined({ createdBy: askerOf(c).name, until }),
    };
    share(live, { links: [...links, link] });
    return c.json({ token, link } satisfies NewShareLink);
  });

  app.delete("/api/sessions/:id/links/:linkId", (c) => {
    const live = find(c, sessions);
    const id = c.req.param("linkId");
    if (!revokeLinks(live, sessions, (one) => one.id === id))
      throw httpError(404, "link", "There is no such link: it was revoked before.");
    return c.json({ removed: true });
  });

  /** The token is the right to it: who has none is told nothing of the session. */
  app.post("/api/sessions/:id/join", async (c) => {
    const { token } = joinRequest.parse(await body(c));
    const id = c.req.param("id");
    const live = sessions.get(id);
    const now = Date.now();
    const hash = hashOf(token);
    const isOver = ({ createdBy }: ShareLink) =>
      createdBy !== undefined && access.people?.removalOf(createdBy) !== undefined;
    const link = live?.session.links?.find(
      (one) => one.hash === hash && !hasEnded(one, now) && !isOver(one),
    );
    if (live === undefined || link === undefined) throw unknownSession(id);
    const asker = askerOf(c);
    const { name } = asker;
    const role = roleIn(asker, live.session, now);
    if (name !== undefined && !includesRole(role, link.role)) {
      const others = (live.session.people ?? []).filter((one) => one.name !== name);
      if (others.length >= maxPeople)
        throw httpError(409, "links-full", "This session is shared with too many people.");
      const { id: linkId, until } = link;
      const person: SessionPerson = {
        name,
        role: link.role,
        linkId,
        since: now,
        ...defined({ until }),
      };
      share(live, { people: [...others, person] });
    }
    const given = roleIn(asker, live.session, now) ?? link.role;
    return c.json({ role: given } satisfies JoinAnswer);
  });

  return app;
}

const noPeople =
  "People have no names on this server, so a session cannot be shared with one of them: set REIN_USER_HEADER or REIN_OIDC_ISSUER.";
