/** What the runs with real engines have to know of each: its wire, and how its model calls a command. */

export interface EngineRow {
  id: string;
  /** The file name of its program. */
  program: string;
  /** Rein's provider. */
  provider: string;
  model: string;
  /** The tool that runs a shell command. */
  shell: { name: string; input: (command: string) => Record<string, unknown> };
}

const described = (command: string) => ({ command, description: "Runs a command" });

export const engineRows: readonly EngineRow[] = [
  {
    id: "codex",
    program: "codex",
    provider: "openai",
    model: "gpt-5.5",
    shell: { name: "exec_command", input: (command) => ({ cmd: command }) },
  },
  {
    id: "gemini-cli",
    program: "gemini",
    provider: "gemini",
    model: "gemini-2.5-pro",
    shell: { name: "run_shell_command", input: described },
  },
  {
    id: "opencode",
    program: "opencode",
    provider: "anthropic",
    model: "claude-sonnet-5",
    shell: { name: "bash", input: described },
  },
  {
    id: "claude",
    program: "claude",
    provider: "anthropic",
    model: "claude-sonnet-5-5",
    shell: { name: "Bash", input: described },
  },
  {
    id: "claude-acp",
    program: "claude-agent-acp",
    provider: "anthropic",
    model: "claude-sonnet-5",
    shell: { name: "Bash", input: described },
  },
];
