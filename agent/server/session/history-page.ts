/** The pages of a long session: its newest messages first, and earlier ones on request. */
import type { EarlierMessages, Message, Run, Session } from "../../shared/protocol";

/** More than a screen shows, and few enough to be drawn at once. */
const shownMessages = 100;

/** The session as a page opens it: a shallow copy with only the newest messages, and the number of earlier ones. */
export function withNewestMessages(session: Session): Session {
  const earlier = session.messages.length - shownMessages;
  if (earlier <= 0) return session;
  const messages = session.messages.slice(earlier);
  return { ...session, messages, runs: runsOf(session, messages), earlier };
}

/** The messages right before this one, oldest first; undefined when there is no such message. */
export function earlierPage(
  session: Session,
  messageId: string,
  limit: number,
): EarlierMessages | undefined {
  const end = session.messages.findLastIndex(({ id }) => id === messageId);
  if (end === -1) return undefined;
  const earlier = Math.max(0, end - limit);
  const messages = session.messages.slice(earlier, end);
  return { before: messageId, messages, runs: runsOf(session, messages), earlier };
}

/** The last run is always among them: it may be active, and have no message yet. */
function runsOf({ runs }: Session, messages: Message[]): Run[] {
  const shown = new Set(messages.map(({ runId }) => runId));
  return runs.filter((run, index) => shown.has(run.id) || index === runs.length - 1);
}
