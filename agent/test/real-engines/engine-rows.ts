/** What the runs with real engines have to know of each: its wire, and how its model calls a command. */

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
  /** The tool that sends a subagent out, where its model has one. */
  subagent?: { name: string; input: (prompt: string) => Record<string, unknown> };
}

const described = (command: string) => ({ command, description: "Runs a command" });

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
  },
  {
    id: "gemini-cli",
    program: "gemini",
    package: "@google/gemini-cli@0.61.0",
    provider: "gemini",
    model: "gemini-2.5-pro",
    shell: { name: "run_shell_command", input: described },
  },
  {
    id: "opencode",
    program: "opencode",
    package: "opencode-ai@1.18.33",
    provider: "anthropic",
    model: "claude-sonnet-5",
    shell: { name: "bash", input: described },
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
    subagent: claudeAgent,
  },
  {
    id: "claude-acp",
    program: "claude-agent-acp",
    package: "@agentclientprotocol/claude-agent-acp@0.101.0",
    provider: "anthropic",
    model: "claude-sonnet-5",
    shell: { name: "Bash", input: described },
    subagent: claudeAgent,
  },
];
