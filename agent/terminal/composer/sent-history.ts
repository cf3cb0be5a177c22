/** What was said in the session, to be said again: the arrow keys walk through it, from the newest. */
import { textOf } from "../../shared/message-parts";
import type { Session } from "../../shared/protocol";
import { typedText } from "./typed-text";

export interface SentHistory {
  /** The message before; what was typed is kept for the way back. Undefined when there is none. */
  earlier: (typed: string) => string | undefined;
  /** The message after, and after the newest what was typed. Undefined when `typed` is none of them. */
  later: (typed: string) => string | undefined;
}

export function createSentHistory(session: Session): SentHistory {
  /** How many messages back; 0: what is typed. */
  let back = 0;
  let shown = "";
  let draft = "";

  /** The newest first, each once. */
  function said(): string[] {
    const texts = session.messages
      .filter(({ role }) => role === "user")
      .map((message) => typedText(textOf(message)))
      .filter((text) => text.trim() !== "");
    return [...new Set(texts.toReversed())];
  }

  /** One that was changed since is typed, too. */
  const isShown = (typed: string) => back > 0 && typed === shown;

  return {
    earlier(typed) {
      const from = isShown(typed) ? back : 0;
      const message = said()[from];
      if (message === undefined) return undefined;
      if (from === 0) draft = typed;
      back = from + 1;
      return (shown = message);
    },
    later(typed) {
      if (!isShown(typed)) return undefined;
      back--;
      return (shown = back === 0 ? draft : (said()[back - 1] ?? draft));
    },
  };
}
