/** The chat of the AI SDK on a Rein server: the same class that `useChat` wraps, with the SDK's default transport. */
import { Chat as ReactChat } from "@ai-sdk/react";
import {
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  type UIMessage,
  type UIMessageChunk,
} from "ai";
import { uiStreamType } from "../server/http/ui-stream/ui-follow";
import type { Session } from "../shared/protocol";
import type { Rein } from "./rein";
import { within } from "./within";

export const aModel = { provider: "openai-chat", model: "local-model" };

export class UiChat extends ReactChat<UIMessage> {
  readonly chunks: UIMessageChunk[];
  /** What was reported to the chat as an error. */
  readonly errors: Error[];
  readonly #rein: Rein;
  readonly #looks = new Set<() => void>();

  constructor(
    rein: Rein,
    body: object = {},
    id: string = crypto.randomUUID(),
    messages: UIMessage[] = [],
  ) {
    const chunks: UIMessageChunk[] = [];
    const errors: Error[] = [];
    const transport = new DefaultChatTransport({
      api: `${rein.url}/api/chat`,
      headers: { Authorization: `Bearer ${rein.token}`, Accept: uiStreamType },
      body: { ...aModel, cwd: rein.cwd, ...body },
    });
    super({
      id,
      messages,
      transport: recorded(transport, (chunk) => {
        chunks.push(chunk);
        this.#look();
      }),
      onError: (error) => void errors.push(error),
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    });
    this.chunks = chunks;
    this.errors = errors;
    this.#rein = rein;
    this["~registerMessagesCallback"](() => this.#look());
    this["~registerStatusCallback"](() => this.#look());
  }

  /** Resolves once the condition holds. */
  until(holds: (chat: this) => boolean): Promise<void> {
    const found = new Promise<void>((resolve) => {
      const look = () => {
        if (!holds(this)) return;
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
      look();
    });
    return within(() => `${String(holds)}; ${this.status}: ${JSON.stringify(this.chunks)}`, found);
  }

  /** The parts of the last message, by the names that they have there. */
  get parts(): UIMessage["parts"] {
    return this.lastMessage?.parts ?? [];
  }

  get text(): string {
    return this.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  }

  session(): Promise<Session> {
    return this.#rein.session(this.id);
  }

  #look(): void {
    for (const look of this.#looks) look();
  }
}

/** The transport has checked each chunk against the schema of the AI SDK already. */
function recorded(
  transport: DefaultChatTransport<UIMessage>,
  record: (chunk: UIMessageChunk) => void,
): DefaultChatTransport<UIMessage> {
  const watch = (stream: ReadableStream<UIMessageChunk>) =>
    stream.pipeThrough(
      new TransformStream<UIMessageChunk, UIMessageChunk>({
        transform(chunk, controller) {
          record(chunk);
          controller.enqueue(chunk);
        },
      }),
    );
  const send = transport.sendMessages.bind(transport);
  const reconnect = transport.reconnectToStream.bind(transport);
  transport.sendMessages = async (options) => watch(await send(options));
  transport.reconnectToStream = async (options) => {
    const stream = await reconnect(options);
    return stream && watch(stream);
  };
  return transport;
}
