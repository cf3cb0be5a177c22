/** Turns the updates of one ACP turn into events: calls are remembered, for an update says only what has changed. */
import type { ToolKind } from "../../../shared/protocol";
import type { EngineEvent } from "../engine";
import type { SessionUpdate, ToolContent, ToolUpdate } from "./acp-schemas";
import { fileDiff } from "./file-diff";

/** What is known of a call. */
export interface AcpCall {
  key: string;
  name: string;
  kind: ToolKind;
  title?: string;
  input?: unknown;
  agent?: string;
  paths: string[];
  content: ToolContent[];
}

interface KnownCall extends AcpCall {
  isStarted: boolean;
  isEnded: boolean;
  /** The whole output as it came last; absent when it came in pieces, or not at all. */
  output?: string;
  /** The whole output as Rein gives it: without the fences and the words around it in the content. */
  exact?: string;
  hasPieces: boolean;
}

/** The name of a tool by what is said of its call first, where it is said nowhere else. */
type NameOf = (first: ToolUpdate) => string | undefined;

export class AcpUpdates {
  readonly #emit: (event: EngineEvent) => void;
  readonly #nameOf: NameOf;
  readonly #calls = new Map<string, KnownCall>();
  /** Subagents by the key of their call. */
  readonly #subagents = new Set<string>();
  /** The text or reasoning under way of each agent. */
  readonly #open = new Map<string | undefined, { name: string; key: string }>();
  #count = 0;
  #isInterrupted = false;

  constructor(emit: (event: EngineEvent) => void, nameOf: NameOf = () => undefined) {
    this.#emit = emit;
    this.#nameOf = nameOf;
  }

  /** Emits what the update says; nothing for one that says nothing of the turn. */
  apply(update: SessionUpdate): void {
    switch (update.sessionUpdate) {
      case "agent_message_chunk":
        return this.#write("text", update);
      case "agent_thought_chunk":
        return this.#write("reasoning", update);
      case "tool_call":
      case "tool_call_update":
        this.call(update);
        return;
      case "plan": {
        const entries = update.entries.map(({ content, status }) => ({
          text: content,
          state: status,
        }));
        return this.#emit({ type: "plan", entries });
      }
      case "usage_update": {
        const { used, size } = update;
        const window = size === undefined || size <= 0 ? {} : { windowTokens: size };
        return this.#emit({ type: "context", usedTokens: used, ...window });
      }
      case "notice": {
        const text = [update.title, update.description].filter(Boolean).join(": ");
        return this.#emit({ type: "notice", text });
      }
      default:
        return;
    }
  }

  /** The call with what the update adds to it; tells of it. */
  call(update: ToolUpdate): AcpCall {
    const agent = this.#agentOf(update._meta?.claudeCode?.parentToolUseId);
    const { toolCallId: key } = update;
    const before = this.#calls.get(key);
    const call: KnownCall = before ?? {
      key,
      name: this.#nameOf(update) ?? "",
      kind: "other",
      paths: [],
      isStarted: false,
      isEnded: false,
      hasPieces: false,
      content: [],
      ...(agent !== undefined && { agent }),
    };
    this.#calls.set(key, call);
    this.#open.delete(call.agent);
    if (learn(call, update) || before === undefined) this.#tell(call);
    this.#progress(call, update);
    return call;
  }

  /** What is written from now on is no part of what was written before. */
  endPart(): void {
    this.#open.clear();
  }

  /** From now on calls that end were cut: they stay open, with what they have written. */
  interrupted(): void {
    this.#isInterrupted = true;
  }

  /** A question about the call was answered: some agents say no more of it than its end, or nothing after a denial. */
  answered({ key }: AcpCall, denial: string | undefined): void {
    const call = this.#calls.get(key);
    if (call === undefined || call.isEnded) return;
    if (denial === undefined) return this.#start(call);
    call.isEnded = true;
    this.#emit({ type: "tool-end", key, outcome: "failed", error: denial });
  }

  #write(type: "text" | "reasoning", update: Extract<SessionUpdate, { content: unknown }>): void {
    const { messageId, _meta } = update as {
      messageId?: string | null;
      _meta?: ToolUpdate["_meta"];
    };
    const agent = this.#agentOf(_meta?.claudeCode?.parentToolUseId);
    const name = `${type} ${messageId ?? ""}`;
    let open = this.#open.get(agent);
    const isNew = open?.name !== name;
    const text = textOf([{ type: "content", content: update.content }]);
    const delta = isNew ? text.trimStart() : text;
    if (delta === "") return;
    if (open === undefined || isNew) {
      open = { name, key: `${type} ${++this.#count}` };
      this.#open.set(agent, open);
    }
    this.#emit({ type, key: open.key, delta, ...(agent !== undefined && { agent }) });
  }

  /** What names a call as its parent shows that this call is a subagent. */
  #agentOf(key: string | undefined): string | undefined {
    const call = key === undefined ? undefined : this.#calls.get(key);
    if (call === undefined) return undefined;
    if (!this.#subagents.has(call.key)) {
      this.#subagents.add(call.key);
      const title = call.title ?? call.name;
      this.#emit({ type: "subagent", key: call.key, title, kind: call.name, stop: false });
    }
    return call.key;
  }

  #tell({ key, name, kind, title, input, agent }: KnownCall): void {
    this.#emit({
      type: "tool",
      key,
      name: name || kind,
      kind,
      ...(title !== undefined && { title }),
      ...(input !== undefined && { input }),
      ...(agent !== undefined && { agent }),
    });
  }

  #progress(call: KnownCall, update: ToolUpdate): void {
    if (call.isEnded) return;
    const { key } = call;
    const { status, content, _meta } = update;
    // Of a call that was cut, Claude Code gives words for its model as the output, in one piece or as a whole.
    const isItsOwn = !this.#isInterrupted || call.hasPieces;
    const whole = this.#isInterrupted ? undefined : _meta?.terminal_output?.data;
    call.exact = _meta?.rein?.output ?? call.exact;
    const piece = isItsOwn ? (_meta?.terminal_output_delta?.data ?? whole) : undefined;
    const isOver = status === "completed" || status === "failed";
    if (status === "in_progress" || isOver || piece !== undefined) this.#start(call);
    // Before its start it is told what it would do, for the question: its diffs stay, and no text of it is output.
    if (content) call.content = content.filter(({ type }) => call.isStarted || type === "diff");
    if (piece !== undefined && piece !== "") {
      call.hasPieces = true;
      this.#emit({ type: "tool-output", key, delta: piece });
    }
    if (isOver) return this.#end(call, status, update.rawOutput);
    const output = call.hasPieces ? "" : outputOf(call);
    if (output === "" || output === call.output) return;
    call.output = output;
    this.#emit({ type: "tool-output", key, whole: output });
  }

  #start(call: KnownCall): void {
    if (call.isStarted) return;
    call.isStarted = true;
    this.#emit({ type: "tool-start", key: call.key });
  }

  #end(call: KnownCall, status: "completed" | "failed", rawOutput: unknown): void {
    call.isEnded = true;
    const { key, content } = call;
    const { exact } = call;
    const said = outputOf(call) || textIn(rawOutput);
    // The protocol has no word for a call that was cut: some say completed, others failed.
    if (this.#isInterrupted) {
      // With a failure some give words for their model, which are no output of it.
      const goesOn = call.output !== undefined && said.startsWith(call.output);
      const isOutput = status === "completed" || exact !== undefined || goesOn;
      if (isOutput && said !== "" && !call.hasPieces)
        this.#emit({ type: "tool-output", key, whole: said });
      return;
    }
    const diff = content.map(fileDiff).join("");
    call.content = [];
    const outcome = status === "completed" ? "done" : "failed";
    if (this.#subagents.has(key)) this.#emit({ type: "subagent-end", key, outcome });
    this.#emit({
      type: "tool-end",
      key,
      outcome,
      ...(said !== "" && !call.hasPieces && { output: said }),
      ...(outcome === "failed" && { error: said || "The engine says that it failed." }),
      ...(diff !== "" && { diff }),
    });
  }
}

/** Whether the update says something new of what the call is. */
function learn(call: KnownCall, update: ToolUpdate): boolean {
  const { title, name, kind, rawInput, locations, content } = update;
  const before = { ...call };
  call.name = name || update._meta?.claudeCode?.toolName || call.name;
  call.kind = kind ?? call.kind;
  if (title) call.title = title;
  if (hasInput(rawInput)) call.input = merged(call.input, rawInput);
  const paths = [...(locations ?? []), ...(content ?? [])].flatMap(({ path }) => path ?? []);
  if (paths.length > 0) call.paths = [...new Set(paths)];
  const { name: n, kind: k, title: t, input } = before;
  return (
    n !== call.name || k !== call.kind || t !== call.title || !Bun.deepEquals(input, call.input)
  );
}

/** Some ask with a part of it. */
function merged(before: unknown, now: unknown): unknown {
  return isFields(before) && isFields(now) ? { ...before, ...now } : now;
}

function isFields(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Some send an empty one before the model has written it. */
function hasInput(input: unknown): boolean {
  if (typeof input !== "object" || input === null) return input !== undefined && input !== null;
  return Object.keys(input).length > 0;
}

function outputOf({ kind, content, exact }: KnownCall): string {
  if (exact !== undefined) return exact;
  const text = textOf(content);
  return kind === "execute" ? withoutFence(text) : text;
}

function textOf(content: ToolContent[]): string {
  return content.map((one) => one.content?.text ?? "").join("");
}

/** Some put what a command has written between the fences of Markdown. In time linear in the output. */
function withoutFence(text: string): string {
  const whole = text.trim();
  const [opening, fence] = /^(`{3,})[^\n`]*\n/.exec(whole) ?? [];
  if (opening === undefined || !whole.endsWith(fence!)) return text;
  return whole.slice(opening.length, -fence!.length).replace(/\n$/, "");
}

/** Of an agent that says the output only as a value of its own. */
function textIn(output: unknown): string {
  if (typeof output === "string") return output;
  if (Array.isArray(output)) return output.map(textIn).join("");
  if (typeof output !== "object" || output === null) return "";
  const {
    output: inner,
    stdout,
    text,
    formatted_output: formatted,
  } = output as Record<string, unknown>;
  return [formatted, inner, stdout, text].find((one) => typeof one === "string") ?? "";
}
