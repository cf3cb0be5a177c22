/** The menu of a session in the list. */
import type { SessionSummary } from "../../shared/protocol";
import { roleIn } from "../../shared/session-roles";
import { t } from "../../shared/translation";
import type { Client } from "../state/client";
import { hasPeople, me } from "../state/me";
import { archiveSession, forkSession, pinSession } from "../state/session-actions";
import { download } from "./download";
import type { MenuEntry } from "./MenuPanel";

export interface SessionEntriesOptions {
  client: Client;
  session: SessionSummary;
  rename(): void;
  remove(): void;
  share(): void;
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
  const asker = me();
  const role = asker && roleIn(asker, session, Date.now());
  const shares =
    hasPeople() && role === "admin" ? [{ name: t("Share"), run: () => options.share() }] : [];
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
