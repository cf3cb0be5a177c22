/** A commit of what is reviewed: its message, which a model may draft, and how it goes; each can be stopped. */
import { type Accessor, createEffect, createSignal, onCleanup } from "solid-js";
import type { CommitView, ReviewFile } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { api, logFailure, requestTimeout, wordsFor } from "../state/api-client";
import type { Client } from "../state/client";
import { host } from "../state/host";
import type { OpenSession } from "../state/open-session";
import { storeInWindow } from "../state/window-storage";

export interface CommitState {
  message: Accessor<string>;
  setMessage(text: string): void;
  /** The last commit of this session. */
  last: Accessor<CommitView | undefined>;
  isRunning: Accessor<boolean>;
  isDrafting: Accessor<boolean>;
  draft(files: readonly ReviewFile[]): void;
  stopDraft: () => void;
  commit(files: readonly ReviewFile[], runHooks: boolean): void;
  stop: () => void;
}

const everyMs = 500;

/** `onDone`: files may have been committed. */
export function createCommit(client: Client, open: OpenSession, onDone: () => void): CommitState {
  const name = () => `rein.commit.${open.id() ?? "new"}`;
  const [message, setSignal] = createSignal(host().windowStorage().getItem(name()) ?? "");
  const [last, setLast] = createSignal<CommitView>();
  const [drafting, setDrafting] = createSignal<AbortController>();
  const [isSending, setSending] = createSignal(false);
  const isRunning = () => isSending() || ["running", "stopping"].includes(last()?.state ?? "none");

  function setMessage(text: string): void {
    setSignal(text);
    storeInWindow(name(), text);
  }

  async function look(): Promise<void> {
    const sessionId = open.id();
    if (sessionId === undefined) return;
    try {
      take((await api.commitState(sessionId, requestTimeout())).commit);
    } catch (error) {
      logFailure("How the commit goes could not be read", error);
    }
  }

  function take(commit: CommitView | undefined): void {
    const before = last();
    setLast(commit);
    if (commit?.state !== "done") return;
    if (before?.id === commit.id && before.state !== "done") onDone();
    // Also when the page was left meanwhile.
    if (message().trim() === commit.message.trim()) setMessage("");
  }

  createEffect(() => {
    client.changes.of("files");
    void look();
  });
  createEffect(() => {
    if (!isRunning()) return;
    const timer = setInterval(() => void look(), everyMs);
    onCleanup(() => clearInterval(timer));
  });
  onCleanup(() => drafting()?.abort());

  async function draft(files: readonly ReviewFile[]): Promise<void> {
    const sessionId = open.id();
    if (sessionId === undefined || drafting() !== undefined) return;
    const controller = new AbortController();
    setDrafting(controller);
    try {
      const request = { sessionId, files: shown(files) };
      const answer = await api.draftMessage(request, controller.signal);
      // What was typed meanwhile is kept.
      const drafted = answer.message ?? "";
      if (drafted !== "")
        setMessage(message().trim() === "" ? drafted : `${message().trimEnd()}\n\n${drafted}`);
      else client.notices.toast(t("No message was drafted"), answer.problem);
    } catch (error) {
      if (!controller.signal.aborted)
        client.notices.toast(t("No message was drafted"), wordsFor(error));
    } finally {
      setDrafting(undefined);
    }
  }

  async function commit(files: readonly ReviewFile[], runHooks: boolean): Promise<void> {
    const sessionId = open.id();
    if (sessionId === undefined || isRunning()) return;
    setSending(true);
    try {
      const request = { sessionId, message: message(), files: shown(files), runHooks };
      take(await api.commit(request, requestTimeout()));
      void look();
    } catch (error) {
      client.notices.toast(t("It was not committed"), wordsFor(error));
    } finally {
      setSending(false);
    }
  }

  async function stop(): Promise<void> {
    const sessionId = open.id();
    if (sessionId === undefined) return;
    try {
      take((await api.stopCommit(sessionId, requestTimeout())).commit);
    } catch (error) {
      client.notices.toast(t("The commit could not be stopped"), wordsFor(error));
    }
  }

  return {
    message,
    setMessage,
    last,
    isRunning,
    isDrafting: () => drafting() !== undefined,
    draft: (files) => void draft(files),
    stopDraft: () => drafting()?.abort(),
    commit: (files, runHooks) => void commit(files, runHooks),
    stop: () => void stop(),
  };
}

function shown(files: readonly ReviewFile[]): { path: string; id: string }[] {
  return files.map(({ path, id }) => ({ path, id }));
}
