/** The queued messages of a session. Each change is one event, emitted in the tick of the call. */
import { defined } from "../../shared/defined";
import type { QueuedMessage } from "../../shared/protocol";
import type { LiveSession } from "./live-session";

/** Of one session. */
export const maxQueued = 100;

export interface QueueChange {
  text?: string;
  files?: QueuedMessage["files"];
  waitsFor?: QueuedMessage["waitsFor"];
  /** Its new place, from 0. */
  position?: number;
}

/** What the message says and brings. Its id becomes that of its run. */
export type QueuedContent = Pick<QueuedMessage, "id" | "text" | "files" | "limits">;

export function enqueue(
  live: LiveSession,
  content: QueuedContent,
  waitsFor: QueuedMessage["waitsFor"],
): void {
  change(live, [...live.session.queue, queuedForm(content, waitsFor)]);
  if (waitsFor === "person") live.endAnswers(content.id);
}

export function queuedForm(
  { id, text, files, limits }: QueuedContent,
  waitsFor: QueuedMessage["waitsFor"],
): QueuedMessage {
  return defined({ id, text, files, limits, createdAt: Date.now(), waitsFor });
}

/** False when it is no longer queued: it was sent, or removed. */
export function changeQueued(live: LiveSession, id: string, wanted: QueueChange): boolean {
  const { position, ...rest } = wanted;
  const queue = live.session.queue.slice();
  const from = queue.findIndex((message) => message.id === id);
  if (from === -1) return false;
  const [message] = queue.splice(from, 1);
  queue.splice(position ?? from, 0, { ...message!, ...rest });
  change(live, queue);
  return true;
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

/** From now on only a person sends what is queued, or the message with this id. */
export function keepQueue(live: LiveSession, id?: string): void {
  const { queue } = live.session;
  const kept = queue.filter(
    (message) => message.waitsFor !== "person" && (id === undefined || message.id === id),
  );
  if (kept.length === 0) return;
  change(
    live,
    queue.map((message) => (kept.includes(message) ? { ...message, waitsFor: "person" } : message)),
  );
  for (const message of kept) live.endAnswers(message.id);
}

function change(live: LiveSession, queue: QueuedMessage[]): void {
  live.emit({ type: "queue-change", queue });
}
