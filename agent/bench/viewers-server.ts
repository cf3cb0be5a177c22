/**
 * The server that bench/viewers-bench.ts loads, in its own process: `bun viewers-server.ts ours <data directory>` is all of
 * Rein, `bare` the least that Bun can do: a stream for each viewer, with the same bytes.
 */
import { startServer } from "../server/server";
import { readConfig } from "../server/config/config";
import { newId } from "../server/id";
import { encode } from "../server/stream/sse-frame";
import type { EventBody, SessionEvent } from "../shared/protocol";
import { emptySession } from "../test/long-session";
import { now } from "./statistics";

/** The first message of this process. */
export interface Address {
  port: number;
  path: string;
  token: string;
}

/** A request for a number of events at a fixed rate from `begunAt` on, whether or not the server keeps up. */
export interface Order {
  events: number;
  perSecond: number;
  begunAt: number;
}

/** The answer to an order, before its first event. */
export interface Begun {
  firstSeq: number;
}

interface Source {
  address: Address;
  /** The id of the last event. */
  seq(): number;
  emit(body: EventBody): void;
}

const [kind, dataDir = ""] = process.argv.slice(2);
const source = kind === "ours" ? await startOurs() : startBare();
process.on("message", (order: Order) => void follow(order));
process.send!(source.address);

async function follow({ events, perSecond, begunAt }: Order): Promise<void> {
  const [messageId, partId] = [newId(), newId()];
  const message = { id: messageId, runId: "run", role: "assistant" as const, createdAt: begunAt };
  const part = { type: "text" as const, id: partId, text: "" };
  source.emit({ type: "message-start", message: { ...message, parts: [part] } });
  process.send!({ firstSeq: source.seq() + 1 } satisfies Begun);
  for (let sent = 0; sent < events; sent++) {
    const due = begunAt + (sent * 1000) / perSecond;
    if (due > now()) await Bun.sleep(due - now());
    // Like the events of a model: never two in one turn of the event loop.
    else await new Promise(setImmediate);
    source.emit({ type: "part-delta", messageId, partId, field: "text", delta: "some words " });
  }
}

async function startOurs(): Promise<Source> {
  const token = crypto.randomUUID();
  const config = { ...readConfig([], { PORT: "0", REIN_DATA_DIR: dataDir }), token };
  const { port, sessions } = await startServer(config, () => {});
  const live = sessions.create(emptySession(dataDir));
  const path = `/api/sessions/${live.session.id}/events`;
  return {
    address: { port, path, token },
    seq: () => live.session.seq,
    emit: (body) => live.emit(body),
  };
}

function startBare(): Source {
  const viewers = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const encoder = new TextEncoder();
  let seq = Date.now() * 1000;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch() {
      let own: ReadableStreamDefaultController<Uint8Array>;
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          own = controller;
          viewers.add(controller);
          controller.enqueue(encoder.encode(": hb\n\n"));
        },
        cancel: () => void viewers.delete(own),
      });
      return new Response(stream, { headers: { "Content-Type": "text/event-stream" } });
    },
  });
  return {
    address: { port: server.port!, path: "/", token: "" },
    seq: () => seq,
    emit(body) {
      const event: SessionEvent = { ...body, seq: ++seq };
      const frame = encode(event);
      for (const viewer of viewers) viewer.enqueue(frame);
    },
  };
}
