/** What was said in the session, to be said again: the arrow keys walk through it, from the newest. */
import { textOf } from "../../shared/message-parts";
import type { Session } from "../../shared/protocol";

export interface SentHistory {
  /** The message before; `typed` is kept for the way back. Undefined when there is none. */
  earlier: (typed: string) => string | undefined;
  /** The message after, and after the newest what was typed. Undefined when nothing was walked back. */
  later: () => string | undefined;
  /** What is in the input is new now. */
  leave: () => void;
  isWalking: () => boolean;
}

export function createSentHistory(session: Session): SentHistory {
  /** How many messages back; 0: what is typed. */
  let back = 0;
  let draft = "";

  /** The newest first, each once. What a subagent or the page was told is not among them. */
  function said(): string[] {
    const texts = session.messages
      .filter(({ role }) => role === "user")
      .map((message) => textOf(message))
      .filter((text) => text.trim() !== "");
    return [...new Set(texts.toReversed())];
  }

  return {
    earlier(typed) {
      const message = said()[back];
      if (message === undefined) return undefined;
      if (back === 0) draft = typed;
      back++;
      return message;
    },
    later() {
      if (back === 0) return undefined;
      back--;
      return back === 0 ? draft : said()[back - 1];
    },
    leave() {
      back = 0;
    },
    isWalking: () => back > 0,
  };
}
