/** Leads to the message that the address names: loads what is before it, scrolls there, marks it, and the words that were searched. */
import { createEffect, onCleanup, untrack } from "solid-js";
import { tipOf } from "../../shared/branches";
import type { MessageLocation } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import type { OpenSession } from "../state/open-session";
import { markWords, unmarkWords } from "./marked-words";

const noticeId = "other-branch";

export function SoughtMessage(props: { open: OpenSession }) {
  const client = useClient();
  const { route, notices } = client;
  const { session, branch, id } = props.open;

  createEffect(() => {
    const messageId = route.messageId();
    if (messageId === undefined || props.open.phase() !== "open") return;
    // Where it is in a branch that comes to be shown, it is looked for again.
    tipOf(session);
    props.open.reading();
    const seeking = new AbortController();
    onCleanup(() => seeking.abort());
    untrack(() => void seek(messageId, seeking.signal));
  });
  // What was found is no longer what is looked for.
  createEffect(() => props.open.outgoing() && unmarkWords());
  onCleanup(() => {
    unmarkWords();
    notices.dismiss(noticeId);
  });

  const isHere = (messageId: string) => branch.messages().some((one) => one.id === messageId);

  async function seek(messageId: string, signal: AbortSignal): Promise<void> {
    try {
      const found = isHere(messageId)
        ? { messageId, agentId: undefined }
        : await reach(messageId, signal);
      if (found === undefined || signal.aborted) return;
      show(found, messageId);
    } catch (error) {
      if (signal.aborted) return;
      route.arrive();
      notices.toast(t("The message cannot be shown"), wordsFor(error));
    }
  }

  /** Loads until it is here. Undefined when it is not, which was told, or is looked for again. */
  async function reach(
    messageId: string,
    signal: AbortSignal,
  ): Promise<MessageLocation | undefined> {
    const timed = AbortSignal.any([signal, requestTimeout()]);
    const found = await api.messagePlace(id() ?? "", messageId, timed);
    if (!found.isShown) {
      offerBranch(found.runId, messageId);
      return undefined;
    }
    while (!isHere(found.messageId) && session.earlier !== undefined) {
      const first = branch.messages()[0]?.id;
      await props.open.loadEarlier();
      if (signal.aborted) return undefined;
      // A failure was told.
      if (branch.messages()[0]?.id === first) {
        route.arrive();
        return undefined;
      }
    }
    return isHere(found.messageId) ? found : undefined;
  }

  function offerBranch(runId: string, messageId: string): void {
    const words = client.soughtWords(messageId);
    route.arrive();
    notices.keep({
      id: noticeId,
      text: t("This message is in another branch of the conversation"),
      action: {
        label: t("Show"),
        async run() {
          notices.dismiss(noticeId);
          if (await branch.show(runId)) client.goToMessage(session.id, messageId, words);
        },
      },
    });
  }

  function show(
    { messageId, agentId }: Pick<MessageLocation, "messageId" | "agentId">,
    sought: string,
  ): void {
    const words = client.soughtWords(sought);
    route.arrive();
    notices.dismiss(noticeId);
    // The window of the subagent lies over the message in which it works.
    if (agentId !== undefined) client.expand(agentId);
    goTo(elementOf(sought) ?? elementOf(messageId), words);
  }

  return null;
}

const markedMs = 2500;

export function elementOf(messageId: string): HTMLElement | null {
  return document.getElementById(`m-${messageId}`);
}

/** Scrolls there, focuses and marks it for a moment, and the words in it. */
export function goTo(element: HTMLElement | null, words = ""): void {
  if (element === null) return;
  element.tabIndex = -1;
  element.scrollIntoView({ block: "start" });
  element.focus({ preventScroll: true });
  element.dataset["sought"] = "";
  setTimeout(() => delete element.dataset["sought"], markedMs);
  markWords(element, words);
}
