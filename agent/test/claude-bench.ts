/** A conversation of Claude Code as a job, by its engine alone: without the loop, the gate and a server. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neverAborts } from "../server/abort";
import { createClaude } from "../server/engines/claude/claude-engine";
import type {
  EngineAnswer,
  EngineConversation,
  EngineEnd,
  EngineEvent,
  EngineQuestion,
  EngineRequest,
} from "../server/engines/engine";
import { startChild } from "../server/engines/engine-child";
import { testJobs } from "./processes-bench";
import { within } from "./within";

export interface ClaudeBench extends Disposable {
  readonly cwd: string;
  readonly questions: EngineQuestion[];
  /** Added to the program's. */
  environment: Record<string, string>;
  /** How questions are answered; by default all is allowed. */
  answer: (question: EngineQuestion, signal: AbortSignal) => Promise<EngineAnswer>;
  open(request?: Partial<EngineRequest>): Promise<EngineConversation>;
}

/** `program`: the command that is started as `claude`. */
export function claudeBench(program: string[], gate: { url: string }): ClaudeBench {
  const jobs = testJobs();
  const home = mkdtempSync(join(tmpdir(), "rein-claude-home-"));
  const cwd = mkdtempSync(join(tmpdir(), "rein-claude-"));
  const engine = createClaude({
    look: () => Promise.resolve({ state: "ready", path: program[0]! }),
  });
  const bench: ClaudeBench = {
    cwd,
    questions: [],
    environment: {},
    answer: () => Promise.resolve({ allow: true }),
    open: (request = {}) =>
      engine.open(
        {
          cwd,
          model: "claude-sonnet-4-5",
          home,
          gate: { provider: "anthropic", url: gate.url, token: "token" },
          start: ([path, ...args], env, signal) =>
            startChild(
              jobs,
              {
                name: "Claude Code",
                command: [path!, ...program.slice(1), ...args],
                cwd,
                env: { ...env, ...bench.environment },
                owner: { sessionId: "session" },
              },
              signal,
            ),
          ask(question, signal) {
            bench.questions.push(question);
            return bench.answer(question, signal);
          },
          ...request,
        },
        neverAborts,
      ),
    [Symbol.dispose]() {
      for (const path of [home, cwd]) rmSync(path, { recursive: true, force: true });
    },
  };
  return bench;
}

/** Reads a turn; each event is there as soon as it has come. */
export class ReadTurn {
  readonly events: EngineEvent[] = [];
  readonly end: Promise<EngineEnd>;
  #changed = Promise.withResolvers<void>();

  constructor(turn: AsyncGenerator<EngineEvent, EngineEnd>) {
    this.end = within("the end of the turn", this.#read(turn));
  }

  /** The first event that satisfies the condition. */
  async until(condition: (event: EngineEvent) => boolean): Promise<EngineEvent> {
    return within("an event of the turn", this.#until(condition));
  }

  /** All text of a type, of the main loop or of a subagent. */
  text(type: "text" | "reasoning" = "text", agent?: string): string {
    const texts = this.events.map((event) =>
      event.type === type && event.agent === agent ? event.delta : "",
    );
    return texts.join("");
  }

  of<Type extends EngineEvent["type"]>(type: Type): Extract<EngineEvent, { type: Type }>[] {
    return this.events.filter(
      (event): event is Extract<EngineEvent, { type: Type }> => event.type === type,
    );
  }

  async #until(condition: (event: EngineEvent) => boolean): Promise<EngineEvent> {
    for (;;) {
      const found = this.events.find(condition);
      if (found) return found;
      await this.#changed.promise;
    }
  }

  async #read(turn: AsyncGenerator<EngineEvent, EngineEnd>): Promise<EngineEnd> {
    for (;;) {
      const { done, value } = await turn.next();
      if (done) return value;
      this.events.push(value);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }
}
