/** Counts an answer whose bytes only pass: what its service has counted, and what its model has written. */
import { MessagesCounter } from "./anthropic/messages-counter";
import { usableCounts } from "./answer-guard";
import { BadAnswerError } from "./bad-answer";
import { bounds } from "./bounds";
import { GeminiCounter } from "./gemini/gemini-counter";
import { ChatCounter } from "./openai/chat-counter";
import type { SaidCost } from "./openai/chat-usage";
import { ResponsesCounter } from "./openai/responses-counter";
import type { TokenCounts } from "./provider";
import { LineSplitter } from "./read-lines";

/** What an answer is written in: one for each API that generates. */
export type AnswerForm = "messages" | "responses" | "chat" | "gemini";

/** Reads the events of one API. */
export interface AnswerCounter {
  /** By the service so far; undefined while it has counted nothing. */
  readonly counts: TokenCounts | undefined;
  /** Characters of text, reasoning and inputs of calls. */
  readonly written: number;
  /** The service has said that the answer is whole. */
  readonly isOver: boolean;
  /** An event of a stream, or an answer that is no stream, as JSON. Throws BadAnswerError for what is neither. */
  read(value: unknown): void;
}

/** One for each answer. Whatever it cannot read is not counted: the bytes pass all the same. */
export class PassedAnswer {
  readonly #counter: AnswerCounter;
  readonly #lines = new LineSplitter();
  readonly #isEvents: boolean;
  /** Of an event over several lines; of an answer that is no stream, all. */
  #data: string[] = [];
  #characters = 0;

  /** `contentType`: of the answer. `saysCost`: how its service says what it has charged. */
  constructor(form: AnswerForm, contentType: string | null, saysCost: SaidCost | undefined) {
    this.#counter = new counters[form](saysCost);
    this.#isEvents = contentType?.includes("event-stream") ?? false;
  }

  /** By the service; empty while it has counted nothing that can be. */
  get counted(): Partial<TokenCounts> {
    const { counts } = this.#counter;
    return (counts && usableCounts({ type: "usage", ...counts })) ?? {};
  }

  /** In characters. Of an answer that is no stream, and of which no end has come, all that has come. */
  get written(): number {
    return this.#isEvents
      ? this.#counter.written
      : Math.max(this.#counter.written, this.#characters);
  }

  get isOver(): boolean {
    return this.#counter.isOver;
  }

  add(chunk: Uint8Array): void {
    for (const line of this.#lines.add(chunk)) this.#line(line);
  }

  /** No more comes. */
  end(): void {
    for (const line of this.#lines.end()) this.#line(line);
    if (this.#data.length === 0) return;
    const whole = parse(this.#data.join("\n"));
    this.#data = [];
    this.#characters = 0;
    // Gemini's streams are one list where they are no events.
    for (const one of Array.isArray(whole) ? whole : [whole]) this.#read(one);
  }

  #line(line: string): void {
    if (!this.#isEvents) return this.#keep(line);
    const [, data] = /^data: ?(.*)$/s.exec(line) ?? [];
    if (data !== undefined) {
      // An event is one line nearly always, and some servers leave out the blank line after it.
      const event = this.#data.length === 0 ? parse(data) : undefined;
      if (event === undefined) this.#keep(data);
      else this.#read(event);
    } else if (line === "" && this.#data.length > 0) {
      this.#read(parse(this.#data.join("\n")));
      this.#data = [];
      this.#characters = 0;
    }
  }

  #keep(piece: string): void {
    this.#characters += piece.length;
    if (this.#characters <= bounds.eventBytes) this.#data.push(piece);
  }

  #read(value: unknown): void {
    try {
      if (typeof value === "object" && value !== null) this.#counter.read(value);
    } catch (error) {
      if (!(error instanceof BadAnswerError)) throw error;
    }
  }
}

const counters: Record<AnswerForm, new (saysCost: SaidCost | undefined) => AnswerCounter> = {
  messages: MessagesCounter,
  responses: ResponsesCounter,
  chat: ChatCounter,
  gemini: GeminiCounter,
};

/** Undefined for what is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
