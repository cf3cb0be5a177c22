/** This tab's own /api/chat fetch: one AbortController each, live until its run ends or the fetch is closed. */
import { type Accessor, createSignal } from "solid-js";
import type { ChatRequest } from "../../shared/requests";
import { api, ApiError } from "./api-client";
import { takePlace } from "./stream-slots";
import { ConnectionLost, type Frame, readStream } from "./sse-reader";

export interface Chat {
  readonly runId: string;
  /** Empty when it says again what was said before. */
  readonly text: string;
  /** Whether the run ends with this fetch: then only a stop may close it. */
  readonly lifeline: boolean;
  /** Whether the server's first event has come: before that, closing could lose the message. */
  readonly heard: boolean;
  /** Aborts the fetch. */
  close: () => void;
}

export interface ChatLine {
  current: Accessor<Chat | undefined>;
  send(request: ChatRequest & { runId: string }): void;
}

export interface ChatOptions {
  onFrame(frame: Frame, chat: Chat): void;
  /** The message never reached a run: its text belongs back in the input. */
  onRefused(chat: Chat, error: unknown): void;
  /** The fetch is over, however it ended; the follow stream shows what is true. */
  onEnd(): void;
}

export function createChat(options: ChatOptions): ChatLine {
  const [current, setCurrent] = createSignal<Chat>();

  function send(request: ChatRequest & { runId: string }): void {
    // One whose end would stop its run is over when that has settled: the new message sees to it.
    if (current()?.lifeline === false) current()?.close();
    const controller = new AbortController();
    const chat = {
      runId: request.runId,
      text: request.message ?? "",
      lifeline: request.onDisconnect === "stop",
      heard: false,
      close: () => controller.abort(),
    };
    setCurrent(chat);
    void live(request, chat, controller.signal);
  }

  async function live(
    request: ChatRequest,
    chat: Chat & { heard: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    try {
      using place = await takePlace();
      signal.throwIfAborted();
      const response = await api.chat(request, signal);
      const hear = (frame: Frame) => {
        if ("seq" in frame) chat.heard = true;
        options.onFrame(frame, chat);
        if (chat.heard && place === undefined && !chat.lifeline) chat.close();
      };
      await readStream(response, hear, signal);
    } catch (error) {
      if (!signal.aborted && !(error instanceof ApiError || error instanceof ConnectionLost))
        console.error(error);
      if (!signal.aborted && !chat.heard) options.onRefused(chat, error);
    }
    if (current() !== chat) return;
    setCurrent(undefined);
    options.onEnd();
  }

  return { current, send };
}
