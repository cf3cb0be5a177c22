/** What can be done from the palette: with the page, and with the session that is shown. */
import { t } from "../../shared/translation";
import type { Client, Panel } from "../state/client";
import type { OpenSession } from "../state/open-session";
import { themes } from "../state/preference-choices";
import { archiveSession, deleteSession, forkSession, pinSession } from "../state/session-actions";
import { isAtWork } from "../state/session-rows";

export interface Action {
  name: string;
  words?: string;
  destructive?: boolean;
  run(): void;
}

export interface PageActions {
  /** Saves what a path of the API answers. */
  download(path: string): void;
  /** Asks for a file to import. */
  chooseImport(): void;
}

interface Shown {
  client: Client;
  open: OpenSession;
}

export function paletteActions({ client, open }: Shown, page: PageActions): Action[] {
  const panel = (name: string, of: Panel): Action => ({ name, run: () => client.setPanel(of) });
  return [
    { name: t("New session"), run: () => client.route.go(undefined) },
    ...sessionActions({ client, open }, page),
    { name: t("Import a session…"), run: () => page.chooseImport() },
    panel(t("Settings"), "settings"),
    { name: t("Processes"), run: () => client.side.open("processes") },
    panel(t("MCP servers"), "mcp"),
    panel(t("This project"), "project"),
    panel(t("Notes about this project"), "memory"),
    { name: t("Stops"), run: () => client.route.openStops() },
    panel(t("Shortcuts and commands"), "help"),
    ...themes.map(({ id, name }) => ({
      name: t("Theme: {theme}", { theme: name }),
      run: () => client.preferences.setTheme(id),
    })),
    {
      name: t("Stop everything"),
      destructive: true,
      run: () => void client.stopEverything(),
    },
  ];
}

/** Of the list's row, for the session that is shown. */
function sessionActions({ client, open }: Shown, page: PageActions): Action[] {
  const session = client.list.find(open.id() ?? "");
  if (session === undefined) return [];
  const { id } = session;
  const isPinned = session.pinnedAt !== undefined;
  const isArchived = session.archivedAt !== undefined;
  const archive = () => void archiveSession(client, session, !isArchived);
  const pin = () => void pinSession(client, id, !isPinned);
  return [
    { name: t("Your messages in this session"), run: () => client.setPanel("outline") },
    ...(isArchived
      ? []
      : [{ name: isPinned ? t("Unpin this session") : t("Pin this session"), run: pin }]),
    {
      name: isArchived ? t("Unarchive this session") : t("Archive this session"),
      run: archive,
    },
    { name: t("Fork this session"), run: () => void forkSession(client, id) },
    {
      name: t("Export this session as Markdown"),
      run: () => page.download(`/api/sessions/${id}/export`),
    },
    {
      name: t("Export this session as JSON"),
      run: () => page.download(`/api/sessions/${id}/export?format=json`),
    },
    // One at work is asked about, in the list.
    ...(isAtWork(session)
      ? []
      : [
          {
            name: t("Delete this session"),
            destructive: true,
            run: () => void deleteSession(client, session),
          },
        ]),
  ];
}
