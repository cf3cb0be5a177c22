/** Stored messages with their words, for the search. What is damaged has none. */
import { defined } from "../../shared/defined";
import type { StoredMessageFacts, Statements, StoredWords } from "./statements";

export interface StoredMessage {
  /** Larger than that of each message that was there before. */
  position: number;
  id: string;
  sessionId: string;
  /** False while it is being written. */
  isFinished: boolean;
  parts: StoredWords[];
}

/** Each method throws what SQLite throws. */
export class StoredMessages {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** The messages behind a position, in the order in which they came, subagents' too. */
  after(position: number, limit: number): StoredMessage[] {
    return this.#statements.messagesAfter
      .all(position, limit)
      .map((row) => withWords(this.#statements, row));
  }

  countAfter(position: number): number {
    return this.#statements.countMessagesAfter.get(position)!.count;
  }

  /** Undefined when there is none. */
  now(id: string): StoredMessage | undefined {
    const row = this.#statements.messageNow.get(id);
    return row === null ? undefined : withWords(this.#statements, row);
  }

  /** Undefined when there is none, or it is damaged. */
  facts(id: string): StoredMessageFacts | undefined {
    const row = this.#statements.messageFacts.get(id);
    if (row === null) return undefined;
    const { sessionId, agentId, runId, role, createdAt } = row;
    const isWhole =
      typeof runId === "string" &&
      (role === "user" || role === "assistant") &&
      typeof createdAt === "number";
    if (!isWhole) return undefined;
    return {
      sessionId: String(sessionId),
      runId,
      role,
      createdAt,
      ...(typeof agentId === "string" && { agentId }),
    };
  }
}

function wordsOf(statements: Statements, messageId: string): StoredWords[] {
  return statements.wordsOfMessage.all(messageId).map(({ type, text, input, title }) =>
    defined({
      type: type === "text" ? ("text" as const) : ("tool-call" as const),
      text: typeof text === "string" ? text : undefined,
      input: typeof input === "string" ? parsed(input) : undefined,
      title: typeof title === "string" ? title : undefined,
    }),
  );
}

function withWords(
  statements: Statements,
  { finished, ...row }: ReturnType<Statements["messagesAfter"]["all"]>[number],
): StoredMessage {
  const isFinished = finished === 1;
  return { ...row, isFinished, parts: isFinished ? wordsOf(statements, row.id) : [] };
}

/** SQLite gives an object as JSON, and a text as it is. */
function parsed(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}
