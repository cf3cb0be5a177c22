/** What the runs with real engines have to know of each: its wire, and how its model calls a command. */

type Tool = [name: string, input: (path: string) => Record<string, unknown>];

export interface EngineRow {
  id: string;
  /** The file name of its program. */
  program: string;
  /** What is installed from npm, with the version that is tried. */
  package: string;
  /** Rein's provider. */
  provider: "anthropic" | "openai" | "gemini";
  model: string;
  /** The tool that runs a shell command. */
  shell: { name: string; input: (command: string) => Record<string, unknown> };
  /** Its tools that read a file, then those that read a directory. */
  reads: { file: Tool[]; directory: Tool[] };
  /** Paths in a directory with which it is not started there. */
  refused?: readonly string[];
  /** The instructions in a directory that it reads. */
  instructions?: string;
  /** The tool that sends a subagent out, where its model has one. */
  subagent?: { name: string; input: (prompt: string) => Record<string, unknown> };
}

const described = (command: string) => ({ command, description: "Runs a command" });

const claudeReads: EngineRow["reads"] = {
  file: [["Read", (path) => ({ file_path: path })]],
  directory: [
    ["Grep", (path) => ({ pattern: "secret", path, output_mode: "content" })],
    ["Glob", (path) => ({ pattern: "*", path })],
  ],
};

const claudeAgent: EngineRow["subagent"] = {
  name: "Agent",
  input: (prompt) => ({ description: "A part", prompt, subagent_type: "general-purpose" }),
};

export const engineRows: readonly EngineRow[] = [
  {
    id: "codex",
    program: "codex",
    package: "@openai/codex@0.171.0",
    provider: "openai",
    model: "gpt-5.5",
    shell: { name: "exec_command", input: (command) => ({ cmd: command }) },
    reads: { file: [["view_image", (path) => ({ path })]], directory: [] },
  },
  {
    id: "gemini-cli",
    program: "gemini",
    package: "@google/gemini-cli@0.61.0",
    provider: "gemini",
    model: "gemini-2.5-pro",
    shell: { name: "run_shell_command", input: described },
    reads: {
      file: [
        ["read_file", (path) => ({ file_path: path })],
        ["read_many_files", (path) => ({ include: [path] })],
      ],
      directory: [
        ["list_directory", (path) => ({ dir_path: path })],
        ["grep_search", (path) => ({ pattern: "secret", dir_path: path })],
        ["glob", (path) => ({ pattern: "*", dir_path: path })],
      ],
    },
  },
  {
    id: "opencode",
    program: "opencode",
    package: "opencode-ai@1.18.33",
    provider: "anthropic",
    model: "claude-sonnet-5",
    shell: { name: "bash", input: described },
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
    subagent: {
      name: "task",
      input: (prompt) => ({ description: "A part", prompt, subagent_type: "general" }),
    },
  },
  {
    id: "claude",
    program: "claude",
    package: "@anthropic-ai/claude-code@2.1.332",
    provider: "anthropic",
    model: "claude-sonnet-5-5",
    shell: { name: "Bash", input: described },
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
    shell: { name: "Bash", input: described },
    instructions: "CLAUDE.md",
    reads: claudeReads,
    subagent: claudeAgent,
  },
];
