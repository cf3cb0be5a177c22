/** The queued messages of a session. Each change is one event, emitted in the tick of the call. */
import { defined } from "../../shared/defined";
import type { QueuedMessage } from "../../shared/protocol";
import { newId } from "../id";
import type { LiveSession } from "./live-session";

export interface QueueChange {
  text?: string;
  waitsFor?: QueuedMessage["waitsFor"];
  /** Its new place, from 0. */
  position?: number;
}

/** What the message says and brings. */
export type QueuedContent = Pick<QueuedMessage, "text" | "files">;

export function enqueue(
  live: LiveSession,
  { text, files }: QueuedContent,
  waitsFor: QueuedMessage["waitsFor"],
): QueuedMessage {
  const message = defined({ id: newId(), text, files, createdAt: Date.now(), waitsFor });
  change(live, [...live.session.queue, message]);
  return message;
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
  return taken;
}

/** Takes out the first message that is to be sent after a run. */
export function takeNext(live: LiveSession): QueuedMessage | undefined {
  const next = live.session.queue.find((message) => message.waitsFor !== "person");
  return next && takeQueued(live, next.id);
}

/** From now on only a person sends what is queued. */
export function keepQueue(live: LiveSession): void {
  const { queue } = live.session;
  if (queue.every((message) => message.waitsFor === "person")) return;
  change(
    live,
    queue.map((message) => ({ ...message, waitsFor: "person" })),
  );
}

function change(live: LiveSession, queue: QueuedMessage[]): void {
  live.emit({ type: "queue-change", queue });
}
