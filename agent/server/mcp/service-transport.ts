/** An MCP server over HTTP: the exchange of a request ends with the request, whether it was answered, cancelled or broken off. */
import type {
  JSONRPCMessage,
  RequestId,
  StreamableHTTPClientTransport,
  TransportSendOptions,
} from "@modelcontextprotocol/client";
import { boundedFetch } from "./bounded-fetch";
import type { ConfiguredServer } from "./configured-server";
import type { Sdk } from "./open-transport";

/** To what the server asks, under way at once: each is a request of its own. It is offered nothing to ask for, so others get none. */
const mostAnswers = 8;

/** The server says when a stream that ended is opened again: neither at once, which would go on and on, nor never. */
const reconnectMs = { least: 1_000, most: 60_000 };

type HttpServer = Extract<ConfiguredServer["server"], { type: "http" }>;

/** It follows no redirect to another origin, which would be given the headers. */
export function createService(
  { StreamableHTTPClientTransport: Http }: Sdk,
  { url, headers }: HttpServer,
  auth: ConfiguredServer["auth"],
): StreamableHTTPClientTransport {
  // The SDK goes on with the exchange of a cancelled request: one that waits for a newer token would be sent after its stop.
  class Service extends Http {
    /** By the ids of requests that have no answer. */
    readonly #open = new Map<RequestId, AbortController>();
    #answers = 0;

    override async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
      if (!("method" in message)) return this.#answer(message, options);
      if (!("id" in message)) {
        if (message.method === "notifications/cancelled")
          this.#close(message.params?.["requestId"]);
        return super.send(message, options);
      }
      const { id } = message;
      const controller = new AbortController();
      this.#open.set(id, controller);
      try {
        await super.send(message, {
          ...options,
          requestSignal: controller.signal,
          onRequestStreamEnd: () => this.#breakOff(id),
        });
      } catch (error) {
        this.#open.delete(id);
        throw error;
      }
    }

    async #answer(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
      if (this.#answers >= mostAnswers) return;
      this.#answers++;
      try {
        await super.send(message, options);
      } finally {
        this.#answers--;
      }
    }

    settle(message: JSONRPCMessage): void {
      if (!("method" in message) && message.id !== undefined) this.#open.delete(message.id);
    }

    #close(id: unknown): void {
      const request = id as RequestId;
      this.#open.get(request)?.abort(new Error("It was cancelled."));
      this.#open.delete(request);
    }

    #breakOff(id: RequestId): void {
      if (!this.#open.delete(id)) return;
      const error = { code: -32_000, message: "Its answer ended before it was whole." };
      this.onmessage?.({ jsonrpc: "2.0", id, error });
    }
  }
  const service = new Service(new URL(url), {
    fetch: boundedFetch,
    requestInit: { headers },
    reconnectionScheduler: reconnectLater,
    ...(auth && { authProvider: auth.provider }),
  });
  // The client that connects to it takes the messages, too.
  // oxlint-disable-next-line unicorn/prefer-add-event-listener
  service.onmessage = (message) => service.settle(message);
  return service;
}

function reconnectLater(reconnect: () => void, delayMs: number): () => void {
  const { least, most } = reconnectMs;
  const timer = setTimeout(reconnect, Math.min(Math.max(delayMs, least), most));
  return () => clearTimeout(timer);
}
