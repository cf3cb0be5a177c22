/** A run that begins, and its message: as the run's first message, and as it waits in the queue. */
import { defined } from "../../shared/defined";
import { type Message, noUsage, type Run, type Session } from "../../shared/protocol";
import { userMessage } from "../agent/user-message";
import type { QueuedContent } from "../session/message-queue";
import { contextNote } from "./context-note";
import type { LoopParts, Sending } from "./run-types";

/** `follows`: as in the run. */
export function newRun(id: string, follows?: string | null): Run {
  return { id, ...defined({ follows }), state: "running", startedAt: Date.now(), usage: noUsage };
}

/** With what the model has to be told of the runs before it, and of the one that it tries again. */
export function firstMessage(
  { runId, message, files, retryOf, command, asks }: Sending,
  session: Session,
  engines: LoopParts["engines"],
): Message {
  const { engine } = session;
  const keeps = engine && engines.find(engine.id)?.gives.keeps;
  const note = contextNote(session, retryOf, keeps);
  return {
    ...userMessage(runId, message, files, defined({ command, asks })),
    ...defined({ note, retryOf }),
  };
}

/** What it tries again is left out: behind another message it would be another run. */
export function queuedContent({ runId, message, ...rest }: Sending): QueuedContent {
  const { command, asks, files, limits, user } = rest;
  return { id: runId, text: message, ...defined({ command, asks, files, limits, user }) };
}

export function queuedSending({ id, text, ...rest }: QueuedContent): Sending {
  const { command, asks, files, limits, user } = rest;
  return { message: text, runId: id, ...defined({ command, asks, files, limits, user }) };
}
