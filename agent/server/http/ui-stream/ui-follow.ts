/** Follows a run in the form of the AI SDK's UI message stream. */
import type { UIMessageChunk } from "ai";
import type { Context } from "hono";
import { defined } from "../../../shared/defined";
import type { LiveSession } from "../../session/live-session";
import { dataFrame } from "../../stream/sse-frame";
import type { EventWriter } from "../../stream/feed";
import type { Viewer } from "../../stream/viewer";
import { askerOf } from "../check-role";
import { openStream } from "../event-stream";
import { peerOf } from "../peer";
import type { Services } from "../services";
import type { UiMessageStream } from "./ui-message-stream";

/** The media type by which a request asks for this form; without it, it gets Rein's own events. */
export const uiStreamType = "text/event-stream; profile=ui-message-stream";

/** The output of a call that runs is sent whole each time, so it is sent no more often than this. */
const outputEveryMs = 100;

const headers = {
  "Content-Type": `${uiStreamType}; charset=utf-8`,
  "x-vercel-ai-ui-message-stream": "v1",
};

export function wantsUiStream(c: Context): boolean {
  const accepted = c.req.header("accept") ?? "";
  return accepted.split(",").some((type) => plain(type).startsWith(plain(uiStreamType)));
}

/** A stream of the run's chunks, what there is of it first; it ends with the run, or where the run waits for a reply. */
export function followUiStream(
  c: Context,
  services: Services,
  live: LiveSession,
  runId: string,
  stream: UiMessageStream,
): Response {
  const options = {
    headers: { ...headers, "X-Rein-Session": live.session.id },
    untilRunId: runId,
    asker: askerOf(c),
    write: (viewer: Viewer) => writeTo(viewer, live, stream),
    ...defined({ peerPort: peerOf(c)?.port }),
  };
  return openStream(
    c,
    services,
    (onClose) => live.follow(options, onClose),
    (work) => live.onceSent(work),
  );
}

function writeTo(viewer: Viewer, live: LiveSession, stream: UiMessageStream): EventWriter {
  let timer: Timer | undefined;
  const send = (chunks: UIMessageChunk[]) => {
    const frames = chunks.map((chunk) => dataFrame(JSON.stringify(chunk)));
    // As one frame: a long message is no sign of a slow viewer.
    viewer.sendAll(stream.isOver ? [...frames, done] : frames);
    if (!stream.isOver) return;
    clearTimeout(timer);
    viewer.end();
  };
  const sendChanges = () => {
    timer = undefined;
    if (!stream.isOver) send(stream.changes(live.session));
  };
  send(stream.begin(live.session));
  return (event) => {
    if (stream.isOver) return;
    send(stream.after(live.session, event));
    if (stream.hasChanges && !stream.isOver) timer ??= setTimeout(sendChanges, outputEveryMs);
  };
}

const done = dataFrame("[DONE]");

/** The end of a stream that broke, for a client that has no other words for it. A frame that was begun is ended first. */
export function uiErrorFrames(errorText: string): Uint8Array {
  const chunk: UIMessageChunk = { type: "error", errorText };
  const begun = new TextEncoder().encode("\n\n");
  return Buffer.concat([begun, dataFrame(JSON.stringify(chunk)), done]);
}

function plain(type: string): string {
  return type.replaceAll(/[\s"]/g, "").toLowerCase();
}
