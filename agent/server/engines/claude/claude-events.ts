/** Claude Code's messages as events of a turn: each text once, though it comes in pieces and again as a whole. */
import { z } from "zod";
import { truncate } from "../../../shared/truncate";
import type { EngineEvent } from "../engine";
import { diffOf } from "./claude-diff";
import type {
  ClaudeBlock,
  ClaudeMessage,
  ClaudeResult,
  ClaudeStreamed,
  ClaudeSystem,
} from "./claude-messages";
import { noticeOf, rateLimitNotice } from "./claude-notices";
import { ClaudePlan, isPlanTool } from "./claude-plan";
import { askedTools, claudeToolKind } from "./claude-tools";
import type { ClaudeUsage } from "./claude-usage";

/** Characters of a tool's output. Claude Code itself cuts them long before. */
const maxOutput = 500_000;

interface Call {
  name: string;
  input: unknown;
  agent: string | undefined;
  hasEnded: boolean;
}

export class ClaudeEvents {
  readonly #cwd: string;
  readonly #usage: ClaudeUsage;
  readonly #plan = new ClaudePlan();
  readonly #asked = new Set(askedTools);
  /** Of this turn, by key. */
  readonly #calls = new Map<string, Call>();
  /** The keys of subagents, by Claude Code's own ids; and which have begun and ended. */
  readonly #tasks = new Map<string, string>();
  readonly #subagents = new Map<string, { hasEnded: boolean }>();
  /** The main loop's message that is streaming, with its text blocks by index. */
  #streaming: { id: string; keys: Map<number, string> } | undefined;
  readonly #streamed = new Set<string>();
  readonly #noticed = new Set<string>();
  /** What Claude Code says instead of an answer when a request to the model has failed. */
  failure: { code: string; message: string } | undefined;
  /** Why it could not sum up the conversation: in a turn that does other things too, it goes on. */
  notSummedUp: string | undefined;

  constructor(cwd: string, usage: ClaudeUsage) {
    this.#cwd = cwd;
    this.#usage = usage;
  }

  /** Forgets the turn before. */
  begin(): void {
    this.#calls.clear();
    this.#tasks.clear();
    this.#subagents.clear();
    this.#streamed.clear();
    this.#noticed.clear();
    this.#streaming = undefined;
    this.failure = undefined;
    this.notSummedUp = undefined;
    this.#usage.begin();
  }

  /** What a message of the turn says that was not said before. */
  read(message: ClaudeMessage): EngineEvent[] {
    switch (message.type) {
      case "stream_event":
        return message.parent_tool_use_id ? [] : this.#stream(message.event);
      case "assistant":
        return this.#assistant(message);
      case "user":
        return message.message.content.flatMap((block) =>
          this.#result(block, message.tool_use_result),
        );
      case "system":
        return this.#system(message);
      case "rate_limit_event":
        return this.#once(rateLimitNotice(message.rate_limit_info));
      default:
        return [];
    }
  }

  /** The exact usage, which the result has. */
  end(result: ClaudeResult): EngineEvent[] {
    return this.#usage.end(result);
  }

  /** The key of the call that is the subagent. */
  subagentOf(taskId: string | undefined): string | undefined {
    return taskId === undefined ? undefined : this.#tasks.get(taskId);
  }

  /** Claude Code's id of a subagent that runs. */
  taskOf(key: string): string | undefined {
    if (this.#subagents.get(key)?.hasEnded !== false) return undefined;
    return [...this.#tasks].find(([, call]) => call === key)?.[0];
  }

  #stream(event: ClaudeStreamed): EngineEvent[] {
    switch (event.type) {
      case "message_start":
        if (event.message === undefined) return [];
        this.#streaming = { id: event.message.id, keys: new Map() };
        this.#usage.start(event.message.usage);
        return [];
      case "content_block_start":
        return this.#startBlock(event);
      case "content_block_delta":
        return this.#delta(event);
      case "content_block_stop": {
        const key = this.#streaming?.keys.get(event.index ?? -1);
        return key === undefined ? [] : [{ type: "part-end", key }];
      }
      case "message_delta":
        return event.usage ? this.#usage.finish(event.usage) : [];
      default:
        return [];
    }
  }

  #startBlock({ index, content_block: block }: ClaudeStreamed): EngineEvent[] {
    if (this.#streaming === undefined || block === undefined) return [];
    const { id, keys } = this.#streaming;
    if (block.type === "tool_use") return this.#call(block, undefined, false);
    if (block.type !== "text" && block.type !== "thinking") return [];
    const key = `${id} ${index}`;
    keys.set(index ?? -1, key);
    this.#streamed.add(`${id} ${block.type}`);
    return this.#text(block, key, undefined);
  }

  #delta({ index, delta }: ClaudeStreamed): EngineEvent[] {
    const key = this.#streaming?.keys.get(index ?? -1);
    if (key === undefined || delta === undefined) return [];
    if (delta.thinking) return [{ type: "reasoning", key, delta: delta.thinking }];
    return delta.text ? [{ type: "text", key, delta: delta.text }] : [];
  }

  #assistant({
    message: { id, model, content },
    parent_tool_use_id: parent,
    uuid,
    error,
  }: Extract<ClaudeMessage, { type: "assistant" }>): EngineEvent[] {
    const agent = parent ?? undefined;
    if (error !== undefined && agent === undefined) {
      const message = content.map((block) => block.text ?? "").join("\n");
      this.failure = { code: error, message };
      return [];
    }
    // Claude Code's own words in the model's place, such as "No response requested."
    if (model === "<synthetic>") return [];
    const events = this.#knownSubagent(agent);
    for (const [index, block] of content.entries()) {
      if (block.type === "tool_use") events.push(...this.#call(block, agent, true));
      else if (agent !== undefined || !this.#streamed.has(`${id} ${block.type}`))
        events.push(...this.#wholeText(block, `${uuid} ${index}`, agent));
    }
    return events;
  }

  #text(block: ClaudeBlock, key: string, agent: string | undefined): EngineEvent[] {
    const isText = block.type === "text";
    const delta = isText ? block.text : block.type === "thinking" ? block.thinking : undefined;
    if (!delta) return [];
    return [{ type: isText ? "text" : "reasoning", key, delta, ...(agent && { agent }) }];
  }

  #wholeText(block: ClaudeBlock, key: string, agent: string | undefined): EngineEvent[] {
    const events = this.#text(block, key, agent);
    return events.length > 0 ? [...events, { type: "part-end", key }] : [];
  }

  #call(block: ClaudeBlock, agent: string | undefined, isWhole: boolean): EngineEvent[] {
    const { id: key, name } = block;
    if (key === undefined || name === undefined) return [];
    const known = this.#calls.get(key);
    const input = isWhole ? block.input : known?.input;
    this.#calls.set(key, { name, input, agent, hasEnded: known?.hasEnded ?? false });
    if (isPlanTool(name)) return [];
    const call: EngineEvent = {
      type: "tool",
      key,
      name,
      kind: claudeToolKind(name),
      ...(isWhole && { input }),
      ...(agent && { agent }),
    };
    // One that is asked for starts with the answer.
    const starts = isWhole && !this.#asked.has(name);
    return starts ? [call, { type: "tool-start", key }] : [call];
  }

  #result(block: ClaudeBlock, result: unknown): EngineEvent[] {
    const key = block.tool_use_id;
    const call = key === undefined ? undefined : this.#calls.get(key);
    if (block.type !== "tool_result" || key === undefined || call === undefined) return [];
    if (call.hasEnded) return [];
    call.hasEnded = true;
    const failed = block.is_error === true;
    if (isPlanTool(call.name)) return failed ? [] : this.#planAfter(call, result);
    const output = truncate(textOf(reportOf(call, result) ?? block.content), maxOutput);
    const diff = failed ? undefined : diffOf(result, this.#cwd);
    return [
      ...this.#endSubagent(key, failed ? "failed" : "done"),
      failed
        ? { type: "tool-end", key, outcome: "failed", error: output }
        : { type: "tool-end", key, outcome: "done", output, ...(diff && { diff }) },
    ];
  }

  #planAfter(call: Call, result: unknown): EngineEvent[] {
    // A subagent has a list of its own.
    if (call.agent !== undefined) return [];
    const entries = this.#plan.after(call.name, call.input, result);
    return entries ? [{ type: "plan", entries }] : [];
  }

  #system(message: ClaudeSystem): EngineEvent[] {
    const { task_id: task, tool_use_id: key, status } = message;
    switch (message.subtype) {
      case "task_started":
        if (task === undefined || key === undefined) return [];
        this.#tasks.set(task, key);
        return message.task_type === "local_agent" ? this.#subagent(key, message) : [];
      case "task_notification":
        if (key === undefined || this.#tasks.get(task ?? "") !== key) return [];
        return this.#endSubagent(
          key,
          status === "completed" ? "done" : status === "stopped" ? "stopped" : "failed",
        );
      case "status":
        if (message.compact_result === "failed")
          this.notSummedUp = message.compact_error ?? "It gave no reason.";
        return [];
      default:
        return this.#once(noticeOf(message));
    }
  }

  /** A tool can send out one without saying that it has. */
  #knownSubagent(key: string | undefined): EngineEvent[] {
    if (key === undefined || this.#subagents.has(key)) return [];
    return this.#subagent(key, {});
  }

  #subagent(
    key: string,
    { description, subagent_type: kind }: Pick<ClaudeSystem, "description" | "subagent_type">,
  ): EngineEvent[] {
    if (!this.#calls.has(key) || this.#subagents.has(key)) return [];
    this.#subagents.set(key, { hasEnded: false });
    const title = description ?? this.#calls.get(key)!.name;
    return [{ type: "subagent", key, title, ...(kind !== undefined && { kind }) }];
  }

  #endSubagent(key: string, outcome: "done" | "failed" | "stopped"): EngineEvent[] {
    const subagent = this.#subagents.get(key);
    if (subagent === undefined || subagent.hasEnded) return [];
    subagent.hasEnded = true;
    return [{ type: "subagent-end", key, outcome }];
  }

  #once(text: string | undefined): EngineEvent[] {
    if (text === undefined || this.#noticed.has(text)) return [];
    this.#noticed.add(text);
    return [{ type: "notice", text }];
  }
}

const report = z.object({ content: z.array(z.unknown()) });

/** Of a subagent: what the model is told has words around it that are for the model. */
function reportOf({ name }: Call, result: unknown): unknown {
  return claudeToolKind(name) === "think" ? report.safeParse(result).data?.content : undefined;
}

/** The texts of a tool's result; other blocks by their type. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  const texts = content.map((block: { type?: unknown; text?: unknown } | null) => {
    if (typeof block?.text === "string") return block.text;
    return typeof block?.type === "string" ? `(${block.type})` : "";
  });
  return texts.join("\n");
}
