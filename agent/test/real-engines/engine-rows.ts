/** What the runs with real engines have to know of each: its wire, and how its model calls a command and a subagent. */
import { other, type Step, toolCall } from "../upstream/upstream";

type Tool = [name: string, input: (path: string) => Record<string, unknown>];

export interface EngineRow {
  id: string;
  /** Names the row where an engine has several, by models that work in other ways; absent: the id does. */
  variant?: string;
  /** The file name of its program. */
  program: string;
  /** What is installed from npm, with the version that is tried. */
  package: string;
  /** Rein's provider. */
  provider: "anthropic" | "openai" | "gemini";
  model: string;
  /** Its model's call of a shell command. */
  shell(command: string): Step;
  /** Its tools that read a file, then those that read a directory. It has each of them. */
  reads: { file: Tool[]; directory: Tool[] };
  /** Names of tools that its model must not have: it does not ask before them. */
  withheld?: readonly string[];
  /** Paths in a directory with which it is not started there. */
  refused?: readonly string[];
  /** The instructions in a directory that it reads. */
  instructions?: string;
  /** Its model's call of a tool of an MCP server, where it is given servers. */
  mcp?(server: string, tool: string, input: Record<string, unknown>): Step;
  /** Its model's call that sends a subagent out, where it has one. */
  subagent?(prompt: string): Step;
}

const described = (command: string) => ({ command, description: "Runs a command" });

/** Beside other engines it may run for longer than the 10 s after which Codex goes on without a command. */
const inTurn = (cmd: string) => ({ cmd, yield_time_ms: 30_000 });

const claudeReads: EngineRow["reads"] = {
  file: [["Read", (path) => ({ file_path: path })]],
  directory: [],
};

const claudeAgent = (prompt: string) =>
  toolCall("Agent", { description: "A part", prompt, subagent_type: "general-purpose" });

/** Codex finds the tool in its namespace alone. */
const codexAgent = (namespace: string, input: object) =>
  other({
    type: "function_call",
    call_id: `call_${crypto.randomUUID()}`,
    namespace,
    name: "spawn_agent",
    arguments: JSON.stringify(input),
    status: "completed",
  });

/** It takes a name once in a conversation. */
const taskName = () => `part_${crypto.randomUUID().slice(0, 8)}`;

/** Newer models of Codex have one tool, a program that calls the others. */
const codexProgram = (input: string) =>
  other({
    type: "custom_tool_call",
    call_id: `call_${crypto.randomUUID()}`,
    name: "exec",
    input,
    status: "completed",
  });

const codex = {
  id: "codex",
  program: "codex",
  package: "@openai/codex@0.171.0",
  provider: "openai",
  reads: { file: [], directory: [] },
  withheld: ["view_image"],
} satisfies Partial<EngineRow>;

export function rowName({ id, variant }: EngineRow): string {
  return variant ?? id;
}

export const engineRows: readonly EngineRow[] = [
  {
    ...codex,
    model: "gpt-5.5",
    shell: (command) => toolCall("exec_command", inTurn(command)),
    subagent: (message) => codexAgent("multi_agent_v1", { message }),
  },
  {
    ...codex,
    variant: "codex-program",
    model: "gpt-6-sol",
    shell: (command) =>
      codexProgram(`text(await tools.exec_command(${JSON.stringify(inTurn(command))}))`),
    subagent: (message) =>
      codexAgent("collaboration", { task_name: taskName(), message, fork_turns: "none" }),
  },
  {
    id: "gemini-cli",
    program: "gemini",
    package: "@google/gemini-cli@0.61.0",
    provider: "gemini",
    model: "gemini-2.5-pro",
    shell: (command) => toolCall("run_shell_command", described(command)),
    reads: {
      file: [["read_file", (path) => ({ file_path: path })]],
      directory: [
        ["list_directory", (path) => ({ dir_path: path })],
        ["grep_search", (path) => ({ pattern: "secret", dir_path: path })],
        ["glob", (path) => ({ pattern: "*", dir_path: path })],
        ["glob", (path) => ({ pattern: `${path}/*` })],
        ["glob", (path) => ({ pattern: `{none,${path}/*}` })],
      ],
    },
  },
  {
    id: "opencode",
    program: "opencode",
    package: "opencode-ai@1.18.33",
    provider: "anthropic",
    model: "claude-sonnet-5",
    shell: (command) => toolCall("bash", described(command)),
    mcp: (server, tool, input) => toolCall(`${server}_${tool}`, input),
    reads: {
      file: [["read", (path) => ({ filePath: path })]],
      directory: [
        ["read", (path) => ({ filePath: path })],
        ["grep", (path) => ({ pattern: "secret", path })],
        ["glob", (path) => ({ pattern: "*", path })],
      ],
    },
    instructions: "AGENTS.md",
    refused: [".opencode", "opencode.json", "opencode.jsonc"],
    subagent: (prompt) =>
      toolCall("task", { description: "A part", prompt, subagent_type: "general" }),
  },
  {
    id: "claude",
    program: "claude",
    package: "@anthropic-ai/claude-code@2.1.332",
    provider: "anthropic",
    model: "claude-sonnet-5-5",
    shell: (command) => toolCall("Bash", described(command)),
    mcp: (server, tool, input) => toolCall(`mcp__${server}__${tool}`, input),
    instructions: "CLAUDE.md",
    reads: claudeReads,
    subagent: claudeAgent,
  },
  {
    id: "claude-acp",
    program: "claude-agent-acp",
    package: "@agentclientprotocol/claude-agent-acp@0.101.0",
    provider: "anthropic",
    model: "claude-sonnet-5",
    shell: (command) => toolCall("Bash", described(command)),
    instructions: "CLAUDE.md",
    reads: claudeReads,
    subagent: claudeAgent,
  },
];
