/** A copy of a session, as a fork or an import begins: what was said and done, under new ids, and nothing that could still act. */
import { defined } from "../../shared/defined";
import {
  type ErrorInfo,
  isOutcome,
  type Message,
  noUsage,
  type Part,
  type Receipt,
  type Run,
  type Session,
  type ToolCallPart,
} from "../../shared/protocol";
import { newId } from "../id";

/** Of what was open when it was exported. */
const notOver: ErrorInfo = { code: "not-over", message: "It was not over when it was exported." };
const cutAnswer = { outcome: "failed" as const, error: notOver };

/** What the copy is called, and where it works. */
type CopyFacts = Pick<Session, "title" | "cwd" | "provider" | "model" | "permissions"> &
  Pick<Session, "options" | "forkedFrom" | "importedAt" | "titledBy">;

/**
 * Idle: what was open has failed. Without its engine's conversation, its processes, its queue, what it was allowed, and what
 * its runs changed in files: those are the first session's to undo. What it used is not counted again.
 */
export function copiedSession(
  { messages, runs, tip, todo, createdAt, updatedAt }: Session,
  facts: CopyFacts,
): Session {
  const ids = new Ids(new Set(runs.map(({ id }) => id)));
  const now = Date.now();
  return {
    id: newId(),
    ...facts,
    allowed: [],
    createdAt: facts.importedAt === undefined ? now : createdAt,
    updatedAt: facts.importedAt === undefined ? now : updatedAt,
    messages: messages.map((one) => ids.message(one)),
    runs: runs.map((one) => ids.run(one)),
    ...defined({ tip: ids.ofRun(tip), todo: todo && { ...todo, runId: ids.of(todo.runId) } }),
    queue: [],
    usage: noUsage,
    seq: 0,
  };
}

class Ids {
  readonly #known = new Map<string, string>();
  readonly #runs: ReadonlySet<string>;

  constructor(runs: ReadonlySet<string>) {
    this.#runs = runs;
  }

  /** Undefined for one that is not in the copy. */
  ofRun(old: string | undefined): string | undefined {
    return old !== undefined && this.#runs.has(old) ? this.of(old) : undefined;
  }

  of(old: string): string {
    let id = this.#known.get(old);
    if (id === undefined) this.#known.set(old, (id = newId()));
    return id;
  }

  run(run: Run): Run {
    const { id, follows, sumsUp, unattended, startedAt, endedAt, outcome, error, stop, usage } =
      run;
    const { receipt, limits } = run;
    return defined({
      id: this.of(id),
      follows: typeof follows === "string" ? this.of(follows) : follows,
      copied: true as const,
      sumsUp,
      unattended,
      state: "settled" as const,
      startedAt,
      endedAt: endedAt ?? startedAt,
      outcome: outcome ?? ("failed" as const),
      error: outcome === undefined ? notOver : error,
      stop,
      limits,
      usage,
      // What has survived is the first session's to end.
      receipt: receipt && this.#receipt(receipt),
    });
  }

  #receipt({ toolCalls, subagents, ...receipt }: Receipt): Receipt {
    const withId = <One extends { id: string }>(one: One): One => ({ ...one, id: this.of(one.id) });
    return {
      ...receipt,
      toolCalls: toolCalls.map(withId),
      subagents: subagents.map(withId),
      survivors: [],
    };
  }

  message(message: Message): Message {
    const { retryOf, ...rest } = message;
    const { id, runId, summary, parts, role, outcome } = message;
    return {
      ...rest,
      ...defined({
        id: this.of(id),
        runId: this.of(runId),
        retryOf: this.ofRun(retryOf),
        summary: summary && {
          ...summary,
          ...defined({ keeps: summary.keeps && this.of(summary.keeps) }),
        },
        ...(role === "assistant" && outcome === undefined && cutAnswer),
      }),
      parts: parts.map((part) => this.#part(part)),
    };
  }

  #part(part: Part): Part {
    const id = this.of(part.id);
    return part.type === "tool-call" ? this.#call(part, id) : { ...part, id };
  }

  #call(
    { outputFile: _kept, progress: _progress, ...call }: ToolCallPart,
    id: string,
  ): ToolCallPart {
    const { state, approval, subagent } = call;
    return {
      ...call,
      id,
      ...(!isOutcome(state) && { state: "failed" as const, error: notOver.message }),
      ...(approval && { approval: { ...approval, id: this.of(approval.id) } }),
      ...(subagent && {
        subagent: { ...subagent, messages: subagent.messages.map((one) => this.message(one)) },
      }),
    };
  }
}
