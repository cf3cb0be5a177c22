/** How a person shares a session: links with a role, which can be revoked. */
import type { SessionRole } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { api, requestTimeout, wordsFor } from "./api-client";
import type { Client } from "./client";
import { pathOf } from "./route";

/** Makes a link, and copies it. */
export async function shareSession(
  { notices }: Pick<Client, "notices">,
  id: string,
  role: SessionRole,
): Promise<void> {
  try {
    const { token } = await api.share(id, { role }, requestTimeout());
    const address = `${location.origin}${pathOf(id)}#share=${token}`;
    try {
      await navigator.clipboard.writeText(address);
      notices.toast(
        t("The link is copied"),
        t("Whoever is signed in and opens it may see the session."),
      );
    } catch {
      // Only on a secure origin: then the person copies it.
      notices.toast(t("Copy this link"), address);
    }
  } catch (error) {
    notices.toast(t("The session was not shared"), wordsFor(error));
  }
}

/** Who came by them may see it no longer. */
export async function revokeLinks({ notices }: Pick<Client, "notices">, id: string): Promise<void> {
  try {
    const { session } = await api.session(id, requestTimeout());
    for (const link of session.links ?? []) await api.revokeLink(id, link.id, requestTimeout());
    notices.toast(t("No link to the session is valid any more"));
  } catch (error) {
    notices.toast(t("The links were not revoked"), wordsFor(error));
  }
}
