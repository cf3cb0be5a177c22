/**
 * A server whose model services are all one raw upstream. It runs for a whole test file: that it outlives every answer of
 * the file is what the file shows.
 */
import { afterAll, beforeAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Message, Run } from "../../shared/protocol";
import { textOf } from "../../shared/message-parts";
import { type Chat, type Rein, startRein } from "../rein";
import { anthropic } from "../upstream/anthropic-wire";
import { gemini } from "../upstream/gemini-wire";
import { ollama } from "../upstream/ollama-wire";
import { openaiChat } from "../upstream/openai-chat-wire";
import { openai } from "../upstream/openai-wire";
import { http, type RawAnswer, type RawUpstream, startRawUpstream } from "../upstream/raw-upstream";
import { type Step, text } from "../upstream/script";
import type { WireName } from "../upstream/wire";

/** The wires of server-sent events; Ollama's lines are attacked in providers-ollama.test.ts. */
export type EventWire = Exclude<WireName, "ollama">;
export const wireNames: EventWire[] = ["anthropic", "openai", "openai-chat", "gemini"];

const wires = { anthropic, openai, "openai-chat": openaiChat, gemini, ollama };

/** The body with which the service of this wire would say it. */
export function spoken(wire: WireName, ...steps: Step[]): string {
  let count = 0;
  const frames = wires[wire].frames(steps, { model: "model-1", next: () => ++count });
  return [...frames].filter((frame) => typeof frame === "string").join("");
}

export interface ServiceScene {
  readonly rein: Rein;
  readonly upstream: RawUpstream;
  /** Sends a message; the service answers it with `answer`, and what follows with "Goodbye.". */
  ask(wire: WireName, answer: RawAnswer | string, sessionId?: string): Chat;
  /** Sends another message in that session, and returns what is answered: "Still here.". */
  next(wire: WireName, chat: Chat): Promise<string>;
  /** Ends the server, and starts another one on its data. */
  restart(): Promise<void>;
}

export function serviceScene(): ServiceScene {
  let rein: Rein;
  let upstream: RawUpstream;
  const dataDir = mkdtempSync(join(tmpdir(), "rein-data-"));
  let wire: WireName = "anthropic";
  /** The first answer to a message, and what its further requests are answered. */
  let pending: RawAnswer | undefined;
  let rest: Step[] = [];

  beforeAll(async () => {
    upstream = startRawUpstream();
    upstream.answer((request) => {
      if (request.line.startsWith("GET"))
        return http("{}", { headers: { "content-type": "application/json" } });
      const answer = pending ?? http(spoken(wire, ...rest));
      pending = undefined;
      return answer;
    });
    await start();
  });
  afterAll(async () => {
    await rein[Symbol.asyncDispose]();
    upstream[Symbol.dispose]();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    const { url } = upstream;
    const environment = {
      ANTHROPIC_API_KEY: "scripted-key",
      ANTHROPIC_BASE_URL: url,
      OPENAI_API_KEY: "scripted-key",
      OPENAI_BASE_URL: `${url}/v1`,
      GEMINI_API_KEY: "scripted-key",
      GOOGLE_GEMINI_BASE_URL: url,
      OPENAI_COMPATIBLE_BASE_URL: `${url}/v1`,
    };
    rein = await startRein({ dataDir, environment });
  }

  function ask(on: WireName, answer: RawAnswer | string, sessionId?: string): Chat {
    wire = on;
    pending = typeof answer === "string" ? http(answer) : answer;
    rest = [text("Goodbye.")];
    return rein.chat({
      message: "Do it",
      provider: wire,
      model: "model-1",
      permissions: "all",
      onDisconnect: "continue",
      ...(sessionId !== undefined && { sessionId }),
    });
  }

  return {
    get rein() {
      return rein;
    },
    get upstream() {
      return upstream;
    },
    ask,
    async next(on, chat) {
      const another = ask(on, spoken(on, text("Still here.")), chat.sessionId);
      // On a busy machine it can be asked again.
      rest = [text("Still here.")];
      await another.ended;
      return said(another);
    },
    async restart() {
      await rein[Symbol.asyncDispose]();
      await start();
    },
  };
}

/** The run that ended. */
export async function ended(chat: Chat): Promise<Run> {
  await chat.ended;
  return chat.session.runs.at(-1)!;
}

/** The text of the last answer. */
export function said({ session }: Chat): string {
  const isAnswer = ({ role }: Message) => role === "assistant";
  return textOf(session.messages.findLast(isAnswer)!);
}
