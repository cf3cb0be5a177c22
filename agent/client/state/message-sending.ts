/** Sends what a person says, as the message of a new run. */
import type { Accessor } from "solid-js";
import { lastAttempt } from "../../shared/attempts";
import type { ChatRequest } from "../../shared/requests";
import type { Preferences } from "./preferences";
import { newId } from "./random-id";
import type { SessionConnection } from "./session-connection";
import type { SessionCore } from "./session-core";

export interface MessageSending {
  /** Sends now. While something runs, only when it `interrupts`: that is stopped first. */
  send: (text: string, how?: { interrupt: boolean }) => void;
  /** Sends the last message again, or this one in its place; stops what runs first. False when there is no last one. */
  retry: (text: string) => boolean;
}

export interface MessageSendingOptions {
  connection: SessionConnection;
  preferences: Preferences;
  activeRunId: Accessor<string | undefined>;
  /** Just before the message goes out. */
  onSend: () => void;
}

export function createMessageSending(
  { id, session, draft }: SessionCore,
  { connection, preferences, activeRunId, onSend }: MessageSendingOptions,
): MessageSending {
  function send(text: string, { interrupt } = { interrupt: false }): void {
    if ((activeRunId() !== undefined && !interrupt) || text.trim() === "") return;
    post({ message: text, interrupt });
  }

  function retry(text: string): boolean {
    const last = lastAttempt(session);
    if (last === undefined) return false;
    post({ retryOf: last.runId, interrupt: true, message: text || undefined });
    return true;
  }

  function post(request: Pick<ChatRequest, "message" | "retryOf" | "interrupt">): void {
    onSend();
    const sessionId = id();
    connection.send({
      ...request,
      runId: newId(),
      onDisconnect: preferences.onDisconnect(),
      ...(sessionId === undefined ? draft : { sessionId, after: session.seq }),
    });
  }

  return { send, retry };
}
