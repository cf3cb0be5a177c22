/** The menu at the end of the header: what can be done with the session that is shown, and with the page. */
import { t } from "../../shared/translation";
import type { Client } from "../state/client";
import { canSumUp, sumUp } from "../state/summary-requests";
import { chooseImport } from "./choose-import";
import { download } from "./download";
import type { MenuEntry } from "./MenuPanel";
import { stopEverythingEntry } from "./StopEverything";

export function headerEntries(client: Client, rename: () => void): MenuEntry[] {
  const id = client.current().id();
  return [
    { name: t("Find anything"), side: t("Ctrl/⌘ K"), run: () => client.openPalette(true) },
    ...(id === undefined ? [] : ofSession(client, id, rename)),
    { name: t("Import a session…"), run: () => chooseImport(client) },
    { name: t("Shortcuts and commands"), run: () => client.setPanel("help") },
    { name: t("Settings"), run: () => client.setPanel("settings") },
    { name: t("MCP servers"), run: () => client.setPanel("mcp") },
    { name: t("This project"), run: () => client.setPanel("project") },
    { name: t("Notes about this project"), run: () => client.setPanel("memory") },
    { name: t("Schedules"), run: () => client.setPanel("schedules") },
    stopEverythingEntry(client),
  ];
}

function ofSession(client: Client, id: string, rename: () => void): MenuEntry[] {
  const exported = `/api/sessions/${id}/export`;
  return [
    { name: t("Your messages"), side: t("Alt ↑ ↓"), run: () => client.setPanel("outline") },
    { name: t("Rename session"), run: rename },
    { name: t("Export as Markdown"), run: () => void download(exported, client.notices) },
    ...(canSumUp(client, client.current())
      ? [{ name: t("Summarize"), run: () => void sumUp(client, client.current()) }]
      : []),
    { name: t("Processes"), run: () => client.side.open("processes") },
  ];
}
