/** The queued messages of a session. Each change is one event, emitted in the tick of the call. */
import { defined } from "../../shared/defined";
import type { QueuedMessage } from "../../shared/protocol";
import type { LiveSession } from "./live-session";

/** What a queue is changed through. */
type QueueHolder = Pick<LiveSession, "session" | "emit" | "endAnswers">;

/** Of one session. */
export const maxQueued = 100;

export interface QueueChange {
  /** With what it comes of. */
  said?: QueuedText;
  files?: QueuedMessage["files"];
  waitsFor?: QueuedMessage["waitsFor"];
  /** Whose it is from now on: they have changed what it says, or send it. */
  by?: Pick<QueuedMessage, "user">;
  /** Its new place, from 0. */
  position?: number;
}

/** What the message says and brings. Its id becomes that of its run. */
export type QueuedContent = QueuedText & Pick<QueuedMessage, "id" | "files" | "limits" | "user">;

/** Without a command it is as it was written. */
export type QueuedText = Pick<QueuedMessage, "text" | "command" | "asks">;

export function enqueue(
  live: LiveSession,
  content: QueuedContent,
  waitsFor: QueuedMessage["waitsFor"],
): void {
  change(live, [...live.session.queue, queuedForm(content, waitsFor)]);
  if (waitsFor === "person") live.endAnswers(content.id);
}

export function queuedForm(
  { id, text, command, asks, files, limits, user }: QueuedContent,
  waitsFor: QueuedMessage["waitsFor"],
): QueuedMessage {
  const content = { id, text, command, asks, files, limits, user };
  return defined({ ...content, createdAt: Date.now(), waitsFor });
}

/** False when it is no longer queued: it was sent, or removed. */
export function changeQueued(live: LiveSession, id: string, wanted: QueueChange): boolean {
  const { position, said: _said, by: _by, ...rest } = wanted;
  const queue = live.session.queue.slice();
  const from = queue.findIndex((message) => message.id === id);
  if (from === -1) return false;
  const [message] = queue.splice(from, 1);
  queue.splice(position ?? from, 0, { ...changed(message!, wanted), ...rest });
  change(live, queue);
  return true;
}

/** The message as it waits, with another text, or of somebody else. */
export function changed(
  message: QueuedMessage,
  { said, by }: Pick<QueueChange, "said" | "by">,
): QueuedMessage {
  const { command, asks, user, ...rest } = message;
  return { ...rest, ...(said ?? defined({ command, asks })), ...(by ?? defined({ user })) };
}

/** Removes the message with this id: it is not sent. False when it is no longer queued. */
export function removeQueued(live: LiveSession, id: string): boolean {
  const isQueued = takeQueued(live, id) !== undefined;
  if (isQueued) live.endAnswers(id);
  return isQueued;
}

/** Takes out the message with this id; undefined when it is no longer queued. */
export function takeQueued(live: LiveSession, id: string): QueuedMessage | undefined {
  const { queue } = live.session;
  const taken = queue.find((message) => message.id === id);
  if (taken !== undefined)
    change(
      live,
      queue.filter((message) => message.id !== id),
    );
  return taken;
}

/** Takes out the messages for the running model's next turn. */
export function takeForTurn(live: LiveSession): QueuedMessage[] {
  const { queue } = live.session;
  const taken = queue.filter((message) => message.waitsFor === "turn");
  if (taken.length > 0)
    change(
      live,
      queue.filter((message) => message.waitsFor !== "turn"),
    );
  for (const { id } of taken) live.endAnswers(id);
  return taken;
}

/** Takes out the first message that is to be sent after a run. */
export function takeNext(live: LiveSession): QueuedMessage | undefined {
  const next = live.session.queue.find((message) => message.waitsFor !== "person");
  return next && takeQueued(live, next.id);
}

/** From now on only a person sends what is queued, or those of it that are meant. */
export function keepQueue(
  live: QueueHolder,
  isMeant: (message: QueuedMessage) => boolean = () => true,
): void {
  const { queue } = live.session;
  const kept = queue.filter((message) => message.waitsFor !== "person" && isMeant(message));
  if (kept.length === 0) return;
  change(
    live,
    queue.map((message) => (kept.includes(message) ? { ...message, waitsFor: "person" } : message)),
  );
  for (const message of kept) live.endAnswers(message.id);
}

function change(live: Pick<QueueHolder, "session" | "emit">, queue: QueuedMessage[]): void {
  const { engine } = live.session;
  live.emit({ type: "queue-change", queue: engine ? queue.map(behindTurn) : queue });
}

/** The lines of a command are run before the turn of an engine, and not within it. */
function behindTurn(message: QueuedMessage): QueuedMessage {
  const isWithin = message.waitsFor === "turn" && message.asks !== undefined;
  return isWithin ? { ...message, waitsFor: "run" } : message;
}
