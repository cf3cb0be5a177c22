/** The menu of a run that has ended. */
import type { Run } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { copyText } from "../components/clipboard";
import { download } from "../components/download";
import type { MenuEntry } from "../components/MenuPanel";
import type { Client } from "../state/client";
import type { OpenSession } from "../state/open-session";
import { pathOf } from "../state/route";
import type { RunActions } from "../state/run-actions";
import type { RunPanelName } from "./RunRow";

export interface RunEntriesOptions {
  client: Client;
  open: OpenSession;
  run: Run;
  actions: RunActions;
  toggle: (panel: RunPanelName) => void;
}

export function runEntries(options: RunEntriesOptions): MenuEntry[] {
  const { client, open, run, actions, toggle } = options;
  const answer = open.session.messages.find(
    ({ runId, role }) => runId === run.id && role === "assistant",
  );
  return [
    ...entry(t("Retry with another model"), actions.retryWith() && (() => toggle("models"))),
    ...entry(t("Undo changes and retry"), actions.undoAndRetry()),
    ...entry(t("Copy link to the answer"), answer && (() => void copyLink(answer.id))),
    { name: t("Model, tokens and cost"), run: () => toggle("details") },
    {
      name: t("Export session as Markdown"),
      run: () => void download(`/api/sessions/${open.id()}/export`, client.notices),
    },
  ];

  async function copyLink(messageId: string): Promise<void> {
    const address = location.origin + pathOf(open.id(), messageId);
    client.notices.toast((await copyText(address)) ? t("Link copied") : address);
  }
}

function entry(name: string, run: (() => void) | undefined): MenuEntry[] {
  return run === undefined ? [] : [{ name, run }];
}
