/**
 * An ACP agent whose every word and lie is scripted, for tests of engines: a program, run by `bun scripted-acp-agent.ts`.
 *
 *     settings.engines.own["own-scripted"] = scriptedAgent({ resume: "load" });       // by its own log-in
 *     settings.engines.paths["claude-acp"] = scriptedProgram(directory, { … });       // with the gate of its provider
 *     send(play({ text: "Hello" }, { tool: { id: "a", command: "sleep 300" } }, { end: "end_turn" }));
 *
 * A turn plays the steps that stand in its prompt behind the last "play " (the client may write before it), else those of
 * `AgentBehaviour.scripts` or `script`, else it repeats the prompt. The steps and the behaviour are in agent-script.ts. Nothing in it
 * waits for a fixed time: `wait` and `later` wait for a file. It ends when its standard input does, and after five minutes.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { AgentBehaviour, AgentStep, CancelWay, ScriptedTool } from "./agent-script";

interface Message {
  id?: number | string;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: unknown;
}

interface Turn {
  id: number | string;
  session: string;
  onCancel: CancelWay;
  cancel: AbortController;
  isAnswered: boolean;
  /** Its questions: it is not idle before they are answered. */
  asked: Promise<unknown>[];
}

const behaviour = JSON.parse(process.env["SCRIPTED_AGENT"] ?? "{}") as AgentBehaviour;
const said = new Map<string, string[]>();
const waiting = new Map<string, (message: Message) => void>();
const children = new Set<Bun.Subprocess>();
let turn: Turn | undefined;
let count = 0;

setTimeout(() => process.exit(99), 300_000);
if (behaviour.ignoresTerm) process.on("SIGTERM", () => {});
if (behaviour.exitAtStart !== undefined) {
  process.stderr.write("The scripted agent has no model.\n");
  process.exit(behaviour.exitAtStart);
}

const input = createInterface({ input: process.stdin });
input.on("line", (line) => void take(JSON.parse(line) as Message));
input.on("close", () => process.exit(0));

function write(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

function inHome(path: string): string {
  return resolve(process.env["CLAUDE_CONFIG_DIR"] ?? "", path);
}

async function take(message: Message): Promise<void> {
  if (behaviour.log !== undefined)
    appendFileSync(inHome(behaviour.log), `${JSON.stringify(message)}\n`);
  if (message.method === undefined) return waiting.get(String(message.id))?.(message);
  const { id, method, params = {} } = message;
  if (method === "session/cancel") return void cancel();
  if (id === undefined) return;
  try {
    const result = await answer(id, method, params);
    if (result !== undefined) write({ id, result });
  } catch (error) {
    write({ id, error });
  }
}

async function answer(id: number | string, method: string, params: Record<string, unknown>) {
  const session = (params["sessionId"] ?? "") as string;
  switch (method) {
    case "initialize":
      return initialize();
    case "authenticate":
    case "session/set_mode":
    case "session/set_config_option":
      return {};
    case "session/new":
      if (behaviour.needsLogin) throw { code: -32_000, message: "Authentication required" };
      return begin(crypto.randomUUID(), []);
    case "session/resume":
    case "session/load":
      return resume(session);
    case "session/prompt":
      void runTurn(id, session, textOf(params["prompt"]));
      return undefined;
    default:
      throw { code: -32_601, message: "No such method" };
  }
}

async function initialize(): Promise<object | undefined> {
  const { startAfter, mute, garbage, version = 1, resume, promptCapabilities } = behaviour;
  if (startAfter !== undefined) await made(startAfter, new AbortController().signal);
  if (mute) return undefined;
  if (garbage !== undefined) {
    process.stdout.write(`${garbage}\n`);
    return undefined;
  }
  return {
    protocolVersion: version,
    agentInfo: { name: "scripted", version: "1.2.3" },
    agentCapabilities: {
      loadSession: resume === "load" || resume === "fail",
      promptCapabilities,
      ...(resume === undefined || resume === "resume"
        ? { sessionCapabilities: { resume: {} } }
        : {}),
    },
  };
}

function begin(sessionId: string, messages: string[]): object {
  said.set(sessionId, messages);
  keep(sessionId);
  const options = behaviour.models?.map((value) => ({ value, name: value }));
  return {
    sessionId,
    ...(options && {
      configOptions: [
        {
          id: "m",
          name: "Model",
          category: "model",
          type: "select",
          currentValue: options[0]?.value,
          options,
        },
      ],
    }),
  };
}

function resume(sessionId: string): object {
  const { home, resume: way } = behaviour;
  const file = join(inHome(home ?? "/nowhere"), `${sessionId}.json`);
  if (way === "fail" || (!said.has(sessionId) && !existsSync(file)))
    throw { code: -32_603, message: "Invalid session identifier" };
  const messages = said.get(sessionId) ?? (JSON.parse(readFileSync(file, "utf8")) as string[]);
  const replay = (text: string) => {
    update(sessionId, { sessionUpdate: "user_message_chunk", content: { type: "text", text } });
    update(sessionId, {
      sessionUpdate: "agent_message_chunk",
      content: { type: "text", text: "old" },
    });
  };
  if (way === "load") {
    for (const text of messages) replay(text);
    setImmediate(() => replay("after the answer"));
  }
  return begin(sessionId, messages);
}

function keep(sessionId: string): void {
  if (behaviour.home === undefined) return;
  const home = inHome(behaviour.home);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, `${sessionId}.json`), JSON.stringify(said.get(sessionId)));
}

function textOf(prompt: unknown): string {
  return (prompt as { text?: string }[]).map(({ text }) => text ?? "").join("");
}

function stepsOf(prompt: string): AgentStep[] {
  const at = prompt.lastIndexOf("play [");
  if (at >= 0) return JSON.parse(prompt.slice(at + 5)) as AgentStep[];
  const scripts: Record<string, AgentStep[]> =
    behaviour.scripts === undefined ? {} : JSON.parse(readFileSync(behaviour.scripts, "utf8"));
  const named = Object.keys(scripts).filter((words) => prompt.includes(words));
  const [last] = named.toSorted((a, b) => prompt.lastIndexOf(b) - prompt.lastIndexOf(a));
  if (last !== undefined) return scripts[last]!;
  return behaviour.script ?? [{ text: `You said: ${prompt}` }];
}

async function runTurn(id: number | string, session: string, prompt: string): Promise<void> {
  const steps = stepsOf(prompt);
  const mine: Turn = {
    id,
    session,
    onCancel: behaviour.onCancel ?? "obey",
    cancel: new AbortController(),
    isAnswered: false,
    asked: [],
  };
  turn = mine;
  said.set(session, [...(said.get(session) ?? []), prompt]);
  keep(session);
  let later: Extract<AgentStep, { later: unknown }>["later"] | undefined;
  for (const step of steps) {
    if (mine.cancel.signal.aborted) break;
    if ("later" in step) later = step.later;
    else await run(step, mine);
  }
  if (mine.cancel.signal.aborted) return;
  end(mine, "end_turn");
  if (later === undefined) return;
  await made(later.file, new AbortController().signal);
  for (const step of later.steps) await run(step, { ...mine, cancel: new AbortController() });
}

function end(mine: Turn, stopReason: string): void {
  if (mine.isAnswered) return;
  mine.isAnswered = true;
  write({ id: mine.id, result: { stopReason } });
}

async function cancel(): Promise<void> {
  const mine = turn;
  if (mine === undefined || mine.isAnswered || mine.onCancel === "ignore") return;
  if (mine.onCancel === "hang") return mine.cancel.abort();
  if (mine.onCancel !== "idle-first") for (const child of children) child.kill("SIGKILL");
  mine.cancel.abort();
  await Promise.all(mine.asked);
  if (mine.onCancel === "obey") say(mine.session, "agent_message_chunk", "Cancelled. ");
  if (mine.onCancel === "error") {
    mine.isAnswered = true;
    write({ id: mine.id, error: { code: -32_603, message: "The request was aborted" } });
  }
  end(mine, mine.onCancel === "done" ? "end_turn" : "cancelled");
  if (mine.onCancel !== "late") return;
  for (let index = 0; index < 20; index++) say(mine.session, "agent_message_chunk", "too late ");
  update(mine.session, {
    sessionUpdate: "tool_call",
    toolCallId: "late",
    title: "late",
    kind: "execute",
  });
}

async function run(step: AgentStep, mine: Turn): Promise<void> {
  const { session, cancel: controller } = mine;
  const { signal } = controller;
  if ("text" in step) say(session, "agent_message_chunk", step.text, step);
  else if ("thought" in step) say(session, "agent_thought_chunk", step.thought, step);
  else if ("tool" in step) await runTool(step.tool, mine);
  else if ("plan" in step) update(session, { sessionUpdate: "plan", entries: step.plan });
  else if ("usage" in step) update(session, { sessionUpdate: "usage_update", ...step.usage });
  else if ("notice" in step) update(session, { sessionUpdate: "notice", title: step.notice });
  else if ("update" in step) update(session, step.update);
  else if ("raw" in step) process.stdout.write(`${step.raw}\n`);
  else if ("big" in step) say(session, "agent_message_chunk", "x".repeat(step.big));
  else if ("endless" in step) {
    process.stdout.write("x".repeat(step.endless));
    await new Promise(() => {});
  } else if ("flood" in step) await flood(session, step.flood);
  else if ("wait" in step) await made(step.wait, signal);
  else if ("heard" in step) await ask("_scripted/heard", {});
  else if ("touch" in step) writeFileSync(step.touch, "");
  else if ("model" in step) say(session, "agent_message_chunk", await askModel(step.model, signal));
  else if ("recall" in step) say(session, "agent_message_chunk", JSON.stringify(said.get(session)));
  else if ("request" in step) {
    const { result, error } = await ask(step.request.method, step.request.params);
    say(session, "agent_message_chunk", JSON.stringify(result ?? error));
  } else if ("exit" in step) process.exit(step.exit);
  else if ("onCancel" in step) mine.onCancel = step.onCancel;
  else if ("hang" in step)
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  else if ("fail" in step) {
    mine.isAnswered = true;
    write({ id: mine.id, error: step.fail });
  } else if ("end" in step) {
    if (step.wrongIdFirst) write({ id: "none", result: { stopReason: "refusal" } });
    end(mine, step.end);
    if (step.twice) write({ id: mine.id, result: { stopReason: "refusal" } });
  }
}

async function flood(session: string, updates: number): Promise<void> {
  for (let index = 0; index < updates; index++) {
    say(session, "agent_message_chunk", "word ");
    if (process.stdout.writableNeedDrain)
      await new Promise((resolve) => process.stdout.once("drain", resolve));
  }
}

async function runTool(tool: ScriptedTool, mine: Turn): Promise<void> {
  const {
    id: toolCallId,
    title = "A tool",
    kind = "execute",
    name,
    input,
    locations,
    content,
  } = tool;
  const { session } = mine;
  const meta =
    tool.parent === undefined ? {} : { _meta: { claudeCode: { parentToolUseId: tool.parent } } };
  const rawInput = input ?? (tool.command === undefined ? undefined : { command: tool.command });
  const known = { toolCallId, title, kind, name, rawInput, locations, content, ...meta };
  update(session, { sessionUpdate: "tool_call", ...known, status: "pending" });
  const change = (changed: object) =>
    update(session, { sessionUpdate: "tool_call_update", toolCallId, ...meta, ...changed });
  if (tool.ask !== undefined && !(await isAllowed(tool.ask, known, mine)))
    return change({ status: "failed", content: [textContent("It was denied.")] });
  if (mine.cancel.signal.aborted) return;
  change({ status: "in_progress" });
  const running = tool.command === undefined ? (tool.output ?? "") : runCommand(tool, change);
  if (tool.endsAfterCancel) {
    const ended = Promise.resolve(running).then((output) => {
      if (tool.endsAfterCancel !== "with words")
        return change({ status: "completed", content: [textContent(`${output}killed`)] });
      const data = "It was NOT run. Wait for the user.";
      if (tool.live) change({ _meta: { terminal_output_delta: { data } } });
      change({ status: "failed", ...(!tool.live && { content: [textContent(data)] }) });
    });
    mine.asked.push(ended);
    return ended;
  }
  const output = await running;
  if (mine.cancel.signal.aborted || tool.status === "open") return;
  const isWhole = content === undefined && !tool.live;
  change({
    status: tool.status ?? "completed",
    ...(isWhole && { content: [textContent(output)] }),
  });
}

function textContent(text: string): object {
  return { type: "content", content: { type: "text", text } };
}

async function runCommand(tool: ScriptedTool, change: (changed: object) => void): Promise<string> {
  const child = Bun.spawn(["sh", "-c", tool.command!], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  children.add(child);
  let output = "";
  for await (const bytes of child.stdout) {
    const data = new TextDecoder().decode(bytes);
    output += data;
    if (tool.live) change({ _meta: { terminal_output_delta: { data } } });
    else change({ content: [textContent(output)] });
  }
  children.delete(child);
  return output;
}

async function isAllowed(way: true | "always", toolCall: object, mine: Turn): Promise<boolean> {
  const kinds =
    way === "always"
      ? ["allow_always", "reject_once"]
      : ["allow_always", "allow_once", "reject_once"];
  const asked = ask("session/request_permission", {
    sessionId: mine.session,
    toolCall,
    options: kinds.map((kind) => ({ optionId: `the ${kind}`, name: kind, kind })),
  });
  mine.asked.push(asked);
  const { result } = await asked;
  const { outcome } = result as { outcome: { optionId?: string } };
  return outcome.optionId?.startsWith("the allow") ?? false;
}

function ask(method: string, params: unknown): Promise<Message> {
  const id = `scripted-${++count}`;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    write({ id, method, params });
  });
}

function update(sessionId: string, content: object): void {
  write({ method: "session/update", params: { sessionId, update: content } });
}

function say(
  session: string,
  sessionUpdate: string,
  text: string,
  { messageId, parent }: { messageId?: string; parent?: string } = {},
): void {
  const _meta = parent === undefined ? undefined : { claudeCode: { parentToolUseId: parent } };
  update(session, { sessionUpdate, content: { type: "text", text }, messageId, _meta });
}

/** By the wire of the variables that it has: Anthropic's, or Chat Completions. */
async function askModel(prompt: string, signal: AbortSignal): Promise<string> {
  const { ANTHROPIC_BASE_URL, ANTHROPIC_API_KEY, OPENAI_BASE_URL, OPENAI_API_KEY } = process.env;
  const messages = [{ role: "user", content: prompt }];
  const body = { model: "scripted", max_tokens: 100, stream: true, messages };
  const [url, key] = ANTHROPIC_BASE_URL
    ? [
        `${ANTHROPIC_BASE_URL}/v1/messages`,
        { "x-api-key": ANTHROPIC_API_KEY ?? "", "anthropic-version": "2023-06-01" },
      ]
    : [`${OPENAI_BASE_URL}/chat/completions`, { authorization: `Bearer ${OPENAI_API_KEY}` }];
  try {
    const headers = { "content-type": "application/json", ...key };
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      signal,
    });
    const answer = await response.text();
    const words = [...answer.matchAll(/"(?:text|content)":"((?:[^"\\]|\\.)*)"/g)].map(
      ([, word]) => word,
    );
    return response.ok ? words.join("") : `refused with ${response.status}: ${answer}`;
  } catch (error) {
    return `not answered: ${(error as Error).message}`;
  }
}

/** Resolves once there is such a file, or when the signal aborts. Its directory has to exist. */
function made(path: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (existsSync(path) || signal.aborted) return resolve();
    const watcher = watch(dirname(path), (_, name) => {
      if (name === basename(path) || existsSync(path)) over();
    });
    const over = () => {
      watcher.close();
      resolve();
    };
    signal.addEventListener("abort", over, { once: true });
    // It may have been made just before.
    if (existsSync(path)) over();
  });
}
