/**
 * A Claude Code of the tests: it speaks the real one's lines (recorded from 2.1.332) and does what a message's first word
 * names, lies included. `OLD_CLAUDE`: as a version that does not say when it is idle.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface McpConfig {
  type: string;
  command?: string;
  args?: string[];
  env?: Record<string, string>;
}

interface Incoming {
  type: string;
  uuid?: string;
  message?: { content: string | { type: string; text?: string }[] };
  request_id?: string;
  request?: {
    subtype: string;
    task_id?: string;
    message_uuid?: string;
    cancel_queued?: boolean;
    servers?: Record<string, McpConfig>;
  };
  response?: { request_id: string; response?: { behavior: string; message?: string } };
}

if (process.argv.includes("--version")) {
  console.log("2.1.332 (Claude Code)");
  process.exit(0);
}

const { CLAUDE_CONFIG_DIR: home = "", ANTHROPIC_API_KEY: key, OLD_CLAUDE: isOld } = process.env;
const option = (name: string) =>
  process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);
const fresh = option("session-id");
const sessionId = fresh ?? option("resume") ?? "";
if (fresh === undefined && !existsSync(join(home, sessionId))) {
  console.error(`No conversation found with session ID: ${sessionId}`);
  process.exit(1);
}

let count = 0;
const say = (message: object) =>
  process.stdout.write(
    `${JSON.stringify({ ...message, session_id: sessionId, uuid: `u${++count}` })}\n`,
  );
const state = (state: string) =>
  isOld || say({ type: "system", subtype: "session_state_changed", state });
const stream = (event: object) => say({ type: "stream_event", event, parent_tool_use_id: null });
const whole = (content: object[], parent: string | null = null, more: object = {}) =>
  say({
    type: "assistant",
    message: { id: `msg${count}`, model: "m", content, ...more },
    parent_tool_use_id: parent,
  });
const tokens = (input_tokens: number, output_tokens: number) => ({ input_tokens, output_tokens });

function text(...deltas: string[]): void {
  const id = `msg${count}`;
  stream({ type: "message_start", message: { id, usage: tokens(100, 1) } });
  stream({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } });
  for (const delta of deltas)
    stream({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: delta } });
  whole([{ type: "text", text: deltas.join("") }], null, { id });
  stream({ type: "content_block_stop", index: 0 });
  stream({ type: "message_delta", usage: tokens(100, 20) });
}

function call(id: string, name: string, input: object, parent: string | null = null): void {
  whole([{ type: "tool_use", id, name, input }], parent);
}

const answered = (id: string, content: string, more: object = {}) =>
  say({
    type: "user",
    message: {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: id, content, ...more }],
    },
    parent_tool_use_id: null,
    ...more,
  });

let turns = 0;
function finish(more: object = {}): void {
  turns++;
  const usage = { inputTokens: 100 * turns, outputTokens: 20 * turns, contextWindow: 200_000 };
  say({
    type: "result",
    subtype: "success",
    is_error: false,
    terminal_reason: "completed",
    modelUsage: { m: usage },
    total_cost_usd: turns,
    ...more,
  });
  state("idle");
}

const ask = (id: string, tool: string, input: object, more: object = {}) =>
  say({
    type: "control_request",
    request_id: `q-${id}`,
    request: { subtype: "can_use_tool", tool_name: tool, tool_use_id: id, input, ...more },
  });

/** What the message under way waits for. */
let onInterrupt: ((withQueued: boolean) => void) | undefined;
let onUser: ((message: Incoming) => void) | undefined;
let onAnswer: ((answer: { behavior: string; message?: string }) => void) | undefined;
let onTask: ((task: string) => void) | undefined;
let onModel: (() => void) | undefined;
let interrupts = 0;
const cancelled: string[] = [];
let inventsNext = false;

let servers: Record<string, McpConfig> = {};
const running = new Map<string, Bun.Subprocess<"pipe", "ignore">>();

/** Starts the programs among them; returns the names of those that cannot be. */
function startServers(given: Record<string, McpConfig>): Record<string, string> {
  const errors: Record<string, string> = {};
  servers = given;
  for (const [name, { command, args = [], env }] of Object.entries(given))
    try {
      if (command === undefined) continue;
      const options = { stdin: "pipe", stdout: "ignore", env: { ...process.env, ...env } } as const;
      running.set(name, Bun.spawn([command, ...args], options));
    } catch (error) {
      errors[name] = `${(error as Error).message} ${JSON.stringify(env)}`;
    }
  return errors;
}

/** Writes the call of a tool of a server to its input, and waits for no answer. */
function callServer(name: string, tool: string): void {
  const request = { jsonrpc: "2.0", id: ++count, method: "tools/call", params: { name: tool } };
  const { stdin } = running.get(name)!;
  void stdin.write(`${JSON.stringify(request)}\n`);
  void stdin.flush();
}

const aborted = () => {
  answered("bash", "The user doesn't want to proceed.", { is_error: true });
  finish({ subtype: "error_during_execution", is_error: true, terminal_reason: "aborted_tools" });
};

const acts: Record<string, (rest: string) => void> = {
  hello() {
    const id = "thought";
    stream({ type: "message_start", message: { id, usage: tokens(100, 1) } });
    stream({
      type: "content_block_start",
      index: 0,
      content_block: { type: "thinking", thinking: "" },
    });
    stream({ type: "content_block_delta", index: 0, delta: { thinking: "Hm." } });
    whole([{ type: "thinking", thinking: "Hm." }], null, { id });
    stream({ type: "content_block_stop", index: 0 });
    text("Hello ", "world.");
    finish();
  },
  args() {
    text(JSON.stringify({ args: process.argv.slice(2), env: process.env }));
    finish();
  },
  servers() {
    text(JSON.stringify(servers));
    finish();
  },
  /** Asks for the tool, calls it, and waits. */
  mcp(rest) {
    const [server = "", tool = ""] = rest.split(" ");
    const name = `mcp__${server}__${tool}`;
    call("mcp", name, { word: "w" });
    ask("mcp", name, { word: "w" });
    onInterrupt = aborted;
    onAnswer = ({ behavior, message }) => {
      if (behavior === "allow") return callServer(server, tool);
      answered("mcp", message ?? "", { is_error: true });
      text("Denied.");
      finish();
    };
  },
  say(rest) {
    text(rest);
    finish();
  },
  hang() {
    text("One ");
    onInterrupt = aborted;
  },
  deaf() {
    text("One ");
  },
  tool() {
    const input = { command: "ls" };
    call("bash", "Bash", input);
    ask("bash", "Bash", input);
    onInterrupt = () => {
      say({ type: "control_cancel_request", request_id: "q-bash" });
      aborted();
    };
    onAnswer = ({ behavior, message }) => {
      if (behavior === "allow") answered("bash", "files", { is_error: false });
      else answered("bash", message ?? "", { is_error: true });
      text(JSON.stringify({ behavior, message }));
      finish();
    };
  },
  edit() {
    const patch = { oldStart: 1, oldLines: 1, newStart: 1, newLines: 1, lines: ["-a", "+b"] };
    call("edit", "Edit", { file_path: "a.txt" });
    answered("edit", "updated", {
      tool_use_result: { filePath: join(process.cwd(), "a.txt"), structuredPatch: [patch] },
    });
    finish();
  },
  plan() {
    call("t1", "TaskCreate", { subject: "First" });
    answered("t1", "created", { tool_use_result: { task: { id: "1", subject: "First" } } });
    call("t2", "TaskUpdate", { taskId: "1", status: "completed" });
    answered("t2", "updated", {});
    finish();
  },
  agents() {
    for (const name of ["a", "b"]) {
      call(name, "Task", { prompt: "look" });
      say({
        type: "system",
        subtype: "task_started",
        task_id: `task-${name}`,
        tool_use_id: name,
        task_type: "local_agent",
        description: `Look ${name}`,
        subagent_type: "general",
      });
      whole([{ type: "text", text: `I am ${name}.` }], name);
      call(`${name}-bash`, "Bash", { command: "ls" }, name);
    }
    ask("b-bash", "Bash", { command: "ls" }, { agent_id: "task-b" });
    onTask = (task) => {
      say({
        type: "system",
        subtype: "task_notification",
        task_id: task,
        tool_use_id: "a",
        status: "stopped",
      });
      answered("a", "[Request interrupted by user for tool use]", { is_error: true });
      say({
        type: "system",
        subtype: "task_notification",
        task_id: "task-b",
        tool_use_id: "b",
        status: "completed",
      });
      answered("b", "[for the model] report", {
        tool_use_result: { content: [{ type: "text", text: "report" }] },
      });
      text("done");
      finish();
    };
  },
  steer() {
    text("One ");
    onUser = ({ uuid, message }) => {
      say({ type: "command_lifecycle", command_uuid: uuid, state: "queued" });
      say({ type: "command_lifecycle", command_uuid: uuid, state: "started" });
      text(
        `took ${typeof message?.content === "string" ? message.content : JSON.stringify(message?.content)}`,
      );
      finish();
    };
    onInterrupt = aborted;
  },
  queue() {
    text("One ");
    onUser = ({ uuid }) => cancelled.push(`queued ${uuid}`);
    onInterrupt = aborted;
  },
  /** Its next turn begins by itself, once it is told to use another model. */
  invented() {
    text("mine");
    finish();
    onModel = () => {
      state("running");
      text("INVENTED");
      onInterrupt = () => {
        text("INVENTED TOO");
        finish({ subtype: "error_during_execution", is_error: true });
      };
    };
  },
  interrupts() {
    text(`${interrupts} interrupts`);
    finish();
  },
  /** Its next turn begins by itself, just before the next message is read. */
  inventing() {
    inventsNext = true;
    text("mine");
    finish();
  },
  /** Says what it was sent. */
  blocks() {
    text(JSON.stringify(lastContent));
    finish();
  },
  noise() {
    process.stdout.write(
      'not json\n{"type":"stream_event"}\n[]\nnull\n{"type":"new_thing","x":1}\n',
    );
    say({ type: "assistant", message: { id: 7, content: "text" } });
    say({ type: "system", subtype: "task_started", task_id: 5, tool_use_id: {} });
    say({
      type: "user",
      message: { content: [{ type: "tool_result", tool_use_id: "nobody", content: [null, 3] }] },
    });
    say({ type: "control_response", response: { subtype: "success", request_id: "nobody" } });
    say({ type: "result", subtype: "success", modelUsage: { m: "much" }, total_cost_usd: -1 });
    say({ type: "rate_limit_event", rate_limit_info: { status: "rejected", resetsAt: 1e308 } });
    text("still here");
    finish();
  },
  "/compact"() {
    if (turns === 0)
      say({
        type: "system",
        subtype: "status",
        status: null,
        compact_result: "failed",
        compact_error: "Too short.",
      });
    else
      say({
        type: "system",
        subtype: "compact_boundary",
        compact_metadata: { pre_tokens: 900, post_tokens: 100 },
      });
    finish();
  },
  failed() {
    say({
      type: "assistant",
      error: "authentication_failed",
      message: {
        id: "e",
        model: "<synthetic>",
        content: [{ type: "text", text: "Not logged in." }],
      },
      parent_tool_use_id: null,
    });
    finish({ is_error: true, terminal_reason: "api_error" });
  },
  crash() {
    console.error("out of memory");
    process.exit(3);
  },
  cancelled() {
    text(cancelled.join(" "));
    finish();
  },
};

function take(message: Incoming): void {
  if (message.type === "control_response") return onAnswer?.(message.response!.response!);
  if (message.type === "user") return takeUser(message);
  const { subtype, task_id: task, message_uuid } = message.request!;
  const respond = (response: object = {}) =>
    say({
      type: "control_response",
      response: { subtype: "success", request_id: message.request_id, response },
    });
  if (subtype === "initialize") {
    const account = {
      apiProvider: "firstParty",
      tokenSource: "none",
      ...(key && { apiKeySource: "ANTHROPIC_API_KEY" }),
    };
    respond({ account, claude_code_version: "2.1.332", ...(!isOld && { session_state: "idle" }) });
  } else if (subtype === "interrupt") {
    interrupts++;
    const queued = cancelled.filter((one) => one.startsWith("queued ")).map((one) => one.slice(7));
    const act = onInterrupt;
    onInterrupt = undefined;
    if (act) respond({ still_queued: queued });
    act?.(message.request!.cancel_queued === true);
  } else {
    if (subtype === "cancel_async_message") cancelled.push(`cancelled ${message_uuid}`);
    if (subtype === "set_model") onModel?.();
    if (subtype === "mcp_set_servers") respond({ errors: startServers(message.request!.servers!) });
    else respond();
    if (subtype === "stop_task") onTask?.(task!);
  }
}

let lastContent: NonNullable<Incoming["message"]>["content"] = "";

function takeUser(message: Incoming): void {
  if (inventsNext) {
    inventsNext = false;
    state("running");
    text("INVENTED");
    onInterrupt = (withQueued) => {
      say({ type: "result", subtype: "error_during_execution", is_error: true });
      if (!withQueued) return takeUser(message);
      say({ type: "command_lifecycle", command_uuid: message.uuid, state: "cancelled" });
      state("idle");
    };
    return;
  }
  if (onUser) {
    const taken = onUser;
    onUser = undefined;
    return taken(message);
  }
  writeFileSync(join(home, sessionId), "");
  lastContent = message.message!.content;
  const words = typeof lastContent === "string" ? lastContent : (lastContent.at(-1)?.text ?? "");
  const [act = "", ...rest] = words.split(" ");
  state("running");
  for (const state of isOld ? [] : ["queued", "started"])
    say({ type: "command_lifecycle", command_uuid: message.uuid, state });
  if (acts[act]) return acts[act](rest.join(" "));
  text(`got ${words}`);
  finish();
}

for await (const line of console) take(JSON.parse(line) as Incoming);
