/** An app-server of Codex in memory: it answers as the real one does, and a test says what happens in its threads. */
import type { EngineAnswer, EngineConversation, EngineQuestion } from "../../server/engines/engine";
import { openConversation } from "../../server/engines/codex/codex-engine";
import { neverAborts } from "../../server/abort";
import { ScriptedChild } from "../scripted-child";
import { until, within } from "../within";

interface Heard {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
}

export const mainThread = "thread-main";

export class ScriptedCodex extends ScriptedChild {
  /** Requests that it does not answer, or otherwise: "error" refuses them. */
  readonly odd = new Map<string, "silent" | "error" | object>();
  #turns = 0;
  #asked = 1_000;

  override write(line: string): void {
    super.write(line);
    const { id, method } = JSON.parse(line) as Heard;
    if (id === undefined || method === undefined) return;
    const odd = this.odd.get(method);
    if (odd === "silent") return;
    if (odd === "error") this.says({ id, error: { code: -32_600, message: "no rollout found" } });
    else this.says({ id, result: odd ?? this.#result(method) });
  }

  #result(method: string): object {
    if (method === "initialize") return { userAgent: "rein/0.171.0 (Linux)" };
    if (method === "account/read") return { account: null, requiresOpenaiAuth: true };
    if (method === "turn/start") return { turn: { id: this.nextTurn } };
    return method.startsWith("thread/") ? { thread: { id: mainThread } } : {};
  }

  /** The id that the next `turn/start` gets. */
  get nextTurn(): string {
    return `turn-${this.#turns + 1}`;
  }

  notice(method: string, params: object): void {
    this.says({ method, params });
  }

  /** The turn that was asked for last begins. */
  begins(): string {
    const turnId = this.nextTurn;
    this.#turns++;
    this.startsTurn(mainThread, turnId);
    this.item("started", mainThread, turnId, { type: "userMessage", id: turnId, clientId: null });
    return turnId;
  }

  /** The message that the turn was given last is in the conversation. */
  takes(turnId: string): void {
    const { clientUserMessageId: clientId } = this.of("turn/steer").at(-1)!;
    const id = `${turnId}-given`;
    this.item("started", mainThread, turnId, { type: "userMessage", id, clientId });
  }

  startsTurn(threadId: string, turnId: string): void {
    this.notice("turn/started", { threadId, turn: { id: turnId } });
  }

  ends(threadId: string, turnId: string, status = "completed", error?: object): void {
    this.notice("turn/completed", { threadId, turn: { id: turnId, status, error } });
  }

  item(when: "started" | "completed", threadId: string, turnId: string, item: object): void {
    this.notice(`item/${when}`, { threadId, turnId, item });
  }

  /** Asks Rein; resolves with what it answers. */
  async asks(method: string, params: object): Promise<unknown> {
    const id = this.#asked++;
    this.says({ id, method, params });
    let answer: Heard | undefined;
    await until(() => {
      answer = this.requests.find((one) => one.id === id && one.method === undefined);
      return answer !== undefined;
    }, `the answer to ${method}`);
    return answer!.result;
  }

  get requests(): Heard[] {
    return this.heard;
  }

  of(method: string): (Record<string, unknown> | undefined)[] {
    return this.requests.filter((one) => one.method === method).map(({ params }) => params);
  }

  async hears(method: string, count = 1): Promise<void> {
    await until(() => this.of(method).length >= count, `${count} of ${method}`);
  }
}

export interface CodexScene {
  codex: ScriptedCodex;
  conversation: EngineConversation;
  questions: EngineQuestion[];
  /** Begins a turn and reads it: its events, and its end. */
  run: (text?: string) => Run;
  read: (events: ReturnType<EngineConversation["turn"]>) => Run;
}

export interface Run {
  events: Record<string, unknown>[];
  end: Promise<unknown>;
}

/** `answer` to every question; an allowance unless given. */
export async function codexScene({
  codex = new ScriptedCodex(),
  answer = () => Promise.resolve({ allow: true }),
  ...request
}: {
  codex?: ScriptedCodex;
  answer?: (question: EngineQuestion, signal: AbortSignal) => Promise<EngineAnswer>;
  conversationId?: string;
  ownLogin?: boolean;
} = {}): Promise<CodexScene> {
  const questions: EngineQuestion[] = [];
  const { conversationId, ownLogin = false } = request;
  const gate = { provider: "openai", url: "http://127.0.0.1:1/v1", token: "token" };
  const conversation = await openConversation(
    codex,
    {
      cwd: "/project",
      model: "gpt",
      ...(conversationId !== undefined && { conversationId }),
      ...(!ownLogin && { gate, home: "/home" }),
      start: () => Promise.resolve(codex),
      ask(question, signal) {
        questions.push(question);
        return answer(question, signal);
      },
    },
    neverAborts,
  );
  const read = (generator: ReturnType<EngineConversation["turn"]>): Run => {
    const events: Record<string, unknown>[] = [];
    const reading = async () => {
      for (;;) {
        const step = await generator.next();
        if (step.done) return step.value;
        events.push(step.value);
      }
    };
    const end = reading();
    return {
      events,
      get end() {
        return within("the end of the turn", end);
      },
    };
  };
  return {
    codex,
    conversation,
    questions,
    read,
    run: (text = "Do it") => read(conversation.turn(text)),
  };
}
