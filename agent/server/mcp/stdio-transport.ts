/** An MCP server over the lines of a program: what it writes that is no message is left out, and its end closes the transport. */
import { setImmediate } from "node:timers/promises";
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import { EngineError } from "../engines/engine";
import type { startChild } from "../engines/engine-child";
import { parseLine } from "../engines/parse-line";

export type ServerProgram = Awaited<ReturnType<typeof startChild>>;

/** Of a line that is no message, in characters. */
const longestWords = 65_536;

/** Messages in a row before other work has its turn. */
const batch = 100;

export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #program: ServerProgram;
  readonly #isAnswer: (message: unknown) => boolean;
  #isClosed = false;

  constructor(program: ServerProgram, isAnswer: (message: unknown) => boolean) {
    this.#program = program;
    this.#isAnswer = isAnswer;
  }

  /** Reads from now on. */
  async start(): Promise<void> {
    this.#read().catch((error: unknown) => this.onerror?.(asError(error)));
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#isClosed) throw new Error("The server has ended.");
    this.#program.write(JSON.stringify(message));
  }

  /** Reads and sends nothing any more. The program itself is ended by what started it. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.onclose?.();
  }

  async #read(): Promise<void> {
    try {
      let count = 0;
      for await (const line of this.#program.lines) {
        if (this.#isClosed) continue;
        this.#take(line);
        if (++count % batch === 0) await setImmediate();
      }
    } catch (error) {
      this.onerror?.(asError(error));
    } finally {
      await this.close();
    }
  }

  #take(line: string): void {
    let message: unknown;
    try {
      message = parseLine(line);
    } catch (cause) {
      // Servers print all kinds of lines when they start. What is longer is an answer, and a call waits for it.
      if (line.length <= longestWords) return;
      throw new EngineError("engine-wire", "It has written a message that cannot be read.", {
        cause,
      });
    }
    if (typeof message !== "object" || message === null || Array.isArray(message)) return;
    const { id } = message as { id?: unknown };
    const isMeant = !("method" in message) && (typeof id === "number" || typeof id === "string");
    // The request would wait on. What else is no message of the protocol, or answers nothing, goes to `onerror` there.
    if (isMeant && !this.#isAnswer(message))
      this.onmessage?.({ jsonrpc: "2.0", id, error: noAnswer });
    else this.onmessage?.(message as JSONRPCMessage);
  }
}

const noAnswer = { code: -32_603, message: "Its answer is no message of the protocol." };

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
