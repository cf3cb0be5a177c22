/** The menu of a session in the list. */
import type { SessionRole, SessionSummary } from "../../shared/protocol";
import { t } from "../../shared/translation";
import type { Client } from "../state/client";
import { hasPeople } from "../state/me";
import { archiveSession, forkSession, pinSession } from "../state/session-actions";
import { revokeLinks, shareSession } from "../state/session-shares";
import { download } from "./download";
import type { MenuEntry } from "./MenuPanel";

export interface SessionEntriesOptions {
  client: Client;
  session: SessionSummary;
  rename(): void;
  remove(): void;
}

export function sessionEntries(options: SessionEntriesOptions): MenuEntry[] {
  const { client, session } = options;
  const isPinned = session.pinnedAt !== undefined;
  const isArchived = session.archivedAt !== undefined;
  const exported = `/api/sessions/${session.id}/export`;
  const pin = {
    name: isPinned ? t("Unpin") : t("Pin"),
    run: () => void pinSession(client, session.id, !isPinned),
  };
  const share = (role: SessionRole, name: string) => ({
    name,
    run: () => void shareSession(client, session.id, role),
  });
  const shares = hasPeople()
    ? [
        share("watch", t("Copy a link to watch")),
        share("steer", t("Copy a link to steer")),
        { name: t("Revoke all links"), run: () => void revokeLinks(client, session.id) },
      ]
    : [];
  return [
    { name: t("Rename"), run: () => options.rename() },
    ...(isArchived ? [] : [pin]),
    ...shares,
    { name: t("Fork"), run: () => void forkSession(client, session.id) },
    { name: t("Export as Markdown"), run: () => void download(exported, client.notices) },
    {
      name: t("Export as JSON"),
      run: () => void download(`${exported}?format=json`, client.notices),
    },
    {
      name: isArchived ? t("Unarchive") : t("Archive"),
      separate: true,
      run: () => void archiveSession(client, session, !isArchived),
    },
    { name: t("Delete"), destructive: true, run: () => options.remove() },
  ];
}
