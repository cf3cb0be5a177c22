/** The pages of a long session: its newest messages first, and earlier ones on request. */
import { branchOf, forksOf } from "../../shared/branches";
import type { EarlierMessages, Message, Run, Session } from "../../shared/protocol";

/** More than a screen shows, and few enough to be drawn at once. */
const shownMessages = 100;

/** The session as a page opens it: a shallow copy with only the newest messages of the branch that is shown, and the number of earlier ones. */
export function withNewestMessages(session: Session): Session {
  const branch = branchOf(session);
  const earlier = branch.length - shownMessages;
  if (earlier <= 0 && branch === session.messages) return session;
  const messages = branch.slice(Math.max(0, earlier));
  const runs = runsOf(session, messages);
  const forks = forksOf(session, new Set(runs.map(({ id }) => id)));
  return {
    ...session,
    messages,
    runs,
    ...(forks.length > 0 && { forks }),
    ...(earlier > 0 && { earlier }),
  };
}

/** The messages right before this one, oldest first; undefined when there is no such message. */
export function earlierPage(
  session: Session,
  messageId: string,
  limit: number,
): EarlierMessages | undefined {
  const branch = branchOf(session);
  const end = branch.findLastIndex(({ id }) => id === messageId);
  if (end === -1) return undefined;
  const earlier = Math.max(0, end - limit);
  const messages = branch.slice(earlier, end);
  const runs = runsOf(session, messages);
  const forks = forksOf(session, new Set(runs.map(({ id }) => id)));
  return { before: messageId, messages, runs, ...(forks.length > 0 && { forks }), earlier };
}

/** The last run is always among them: it may be active, and have no message yet. */
function runsOf({ runs }: Session, messages: Message[]): Run[] {
  const shown = new Set(messages.map(({ runId }) => runId));
  return runs.filter((run, index) => shown.has(run.id) || index === runs.length - 1);
}
