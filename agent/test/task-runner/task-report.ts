/** Results of tasks as lines for a person, and as one object for programs. */
import { duration } from "../../client/state/format";
import { addUsage, noUsage, type Usage } from "../../shared/protocol";
import { terminalLine } from "../../shared/terminal-safe";
import { ellipsized } from "../../shared/truncate";
import { costWords } from "../../shared/usage-words";
import type { ModelChoice, TaskResult } from "./run-task";
import type { Task } from "./task";

export interface TaskReport extends ModelChoice {
  passed: number;
  of: number;
  /** From the first message to the last check. */
  seconds: number;
  turns: number;
  usage: Usage;
  tasks: TaskResult[];
}

export function reportOf(
  { provider, model }: ModelChoice,
  tasks: TaskResult[],
  seconds: number,
): TaskReport {
  return {
    provider,
    model,
    passed: tasks.filter(({ passed }) => passed).length,
    of: tasks.length,
    seconds,
    turns: tasks.reduce((sum, one) => sum + one.turns, 0),
    usage: tasks.reduce((sum, one) => addUsage(sum, one.usage), noUsage),
    tasks,
  };
}

type Cells = [
  name: string,
  end: string,
  time: string,
  turns: string,
  input: string,
  output: string,
  cost: string,
];

/** Lines of one table, of which each can be printed when it is known, with its line end. */
export class TaskTable {
  readonly #widths: number[];

  constructor(tasks: readonly Task[]) {
    this.#widths = [Math.max(...tasks.map(({ name }) => name.length)), 6, 7, 5, 9, 7];
  }

  head(): string {
    return this.#line(["task", "end", "time", "turns", "tokens in", "out", "cost"]);
  }

  row({ name, passed, fault, seconds, turns, usage }: TaskResult): string {
    const line = this.#line([
      name,
      passed ? "passed" : "failed",
      ...figures(seconds, turns, usage),
    ]);
    return fault === undefined ? line : `${line}    ${ellipsized(terminalLine(fault), 300)}\n`;
  }

  sum({ passed, of, seconds, turns, usage }: TaskReport): string {
    return this.#line(["together", `${passed}/${of}`, ...figures(seconds, turns, usage)]);
  }

  #line(cells: Cells): string {
    const line = cells
      .map((cell, at) =>
        at < 2 ? cell.padEnd(this.#widths[at] ?? 0) : cell.padStart(this.#widths[at] ?? 0),
      )
      .join("  ")
      .trimEnd();
    return `${line}\n`;
  }
}

function figures(seconds: number, turns: number, usage: Usage) {
  const count = (tokens: number) => tokens.toLocaleString("en");
  const { inputTokens, outputTokens } = usage;
  const cost = costWords(usage, count) ?? "";
  return [
    duration(seconds * 1000),
    String(turns),
    count(inputTokens),
    count(outputTokens),
    cost,
  ] as const;
}
