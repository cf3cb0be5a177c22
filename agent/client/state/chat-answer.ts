/** Sends a message and reads its answer: one /api/chat fetch, open until its run ends or the tab closes it. */
import type { FileRef } from "../../shared/protocol";
import type { ChatRequest } from "../../shared/requests";
import { api, ApiError } from "./api-client";
import { ConnectionLost, type Frame, readFrames } from "../../sdk/frames";
import { takeSlot } from "./stream-slots";
import { saidIn } from "./said-request";

export interface ChatAnswer {
  readonly runId: string;
  /** As it was typed; empty when an earlier message is sent again. */
  readonly text: string;
  /** What the message brings. */
  readonly files: FileRef[];
  /** Whether the server stops the run when this connection closes: then only a stop may close it. */
  readonly endsRun: boolean;
  /** Aborts the fetch. */
  close: () => void;
}

export interface ChatAnswerOptions {
  onFrame: (frame: Frame) => void;
  /** The server has the message: its first event has come. `hasSlot`: whether this stream may stay open. */
  onAcknowledged: (hasSlot: boolean) => void;
  /** The message never reached a run. */
  onRefused: (error: unknown) => void;
  /** The fetch is over, however it ended. */
  onEnded: () => void;
}

/** A message with a run of its own, and its files as they are shown. */
export interface OutgoingMessage {
  request: ChatRequest & { runId: string };
  files: FileRef[];
}

export function openChatAnswer(
  { request, files }: OutgoingMessage,
  options: ChatAnswerOptions,
): ChatAnswer {
  const controller = new AbortController();
  void readAnswer(request, options, controller.signal);
  return {
    runId: request.runId,
    text: saidIn(request),
    files,
    endsRun: request.onDisconnect === "stop",
    close: () => controller.abort(),
  };
}

/** Never rejects: what goes wrong is told to `options`, and is a bug when it is neither the server nor the network. */
async function readAnswer(
  request: ChatRequest,
  { onFrame, onAcknowledged, onRefused, onEnded }: ChatAnswerOptions,
  signal: AbortSignal,
): Promise<void> {
  let isAcknowledged = false;
  let releaseSlot: (() => void) | undefined;
  try {
    releaseSlot = await takeSlot();
    signal.throwIfAborted();
    const response = await api.openChat("/api/chat?list=1", request, signal);
    const take = (frame: Frame) => {
      const isFirst = !isAcknowledged && "seq" in frame;
      isAcknowledged ||= isFirst;
      onFrame(frame);
      if (isFirst) onAcknowledged(releaseSlot !== undefined);
    };
    await readFrames(response, take, signal);
  } catch (error) {
    if (!signal.aborted && !(error instanceof ApiError || error instanceof ConnectionLost))
      console.error(error);
    if (!signal.aborted && !isAcknowledged) onRefused(error);
  } finally {
    releaseSlot?.();
  }
  onEnded();
}
