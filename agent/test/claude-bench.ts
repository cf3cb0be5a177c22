/** A conversation of Claude Code as a job, by its engine alone: without the loop, the gate and a server. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neverAborts } from "../server/abort";
import { createClaude } from "../server/engines/claude/claude-engine";
import type {
  EngineAnswer,
  EngineConversation,
  EngineQuestion,
  EngineRequest,
} from "../server/engines/engine";
import { startChild } from "../server/engines/engine-child";
import { testJobs } from "./processes-bench";

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
