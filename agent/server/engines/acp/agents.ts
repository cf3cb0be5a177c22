/** The ACP agents that Rein knows, a row each, and those that were entered in the settings. */
import { join } from "node:path";
import { defined } from "../../../shared/defined";
import type { EngineGives, OwnAgent } from "../../../shared/protocol";
import type { GateAddress } from "../engine";
import type { AcpAgent } from "./acp-agent";
import { readyToLoad } from "./gemini-chats";

const gives: EngineGives = {
  toolOutput: "end",
  stopsSubagents: false,
  steers: false,
  keeps: { message: true, text: true, output: true },
};

export const acpAgents: readonly AcpAgent[] = [
  {
    id: "gemini-cli",
    name: "Gemini CLI",
    program: "gemini",
    tried: "0.61.0",
    install: "npm install -g @google/gemini-cli",
    gives: {
      ...gives,
      toolOutput: "none",
      // Its own history has the output after a restart, and Rein restarts it after each stop.
      keeps: { message: false, text: false, output: true },
    },
    providers: ["gemini"],
    ownLogin: true,
    userFiles: ["~/.gemini"],
    args: ({ model }) => ["--acp", ...(model === "" ? [] : ["--model", model])],
    environment: ({ gate, home }) => ({
      // Otherwise it starts itself once more, as a child.
      GEMINI_CLI_NO_RELAUNCH: "true",
      GEMINI_CLI_TRUST_WORKSPACE: "true",
      NO_BROWSER: "true",
      ...defined({ GEMINI_CLI_HOME: home }),
      ...(gate && { GEMINI_API_KEY: gate.token, GOOGLE_GEMINI_BASE_URL: gate.url }),
    }),
    keyLogin: "gemini-api-key",
    askingMode: "default",
    loginHelp: "Start gemini in a terminal once and log in there.",
    toolName: (callId) => /^(\w+?)__/.exec(callId)?.[1],
    beforeLoad: readyToLoad,
  },
  {
    id: "opencode",
    name: "opencode",
    program: "opencode",
    tried: "1.18.33",
    install: "npm install -g opencode-ai",
    gives: { ...gives, toolOutput: "live" },
    providers: ["anthropic", "openai"],
    ownLogin: true,
    userFiles: ["~/.config/opencode", "~/.local/share/opencode", "~/.local/state/opencode"],
    args: () => ["acp"],
    environment: ({ gate, home, model }) => ({
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_SHARE: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
      OPENCODE_CONFIG_CONTENT: JSON.stringify(opencodeSettings(gate, model)),
      // Not XDG_CONFIG_HOME: git and others have the person's settings there, and its commands get this environment.
      ...(home !== undefined && {
        XDG_DATA_HOME: join(home, "data"),
        XDG_STATE_HOME: join(home, "state"),
      }),
    }),
    loginHelp: "Run opencode auth login in a terminal.",
  },
  {
    id: "claude-acp",
    name: "Claude Code (ACP)",
    program: "claude-agent-acp",
    tried: "0.101.0",
    install: "npm install -g @agentclientprotocol/claude-agent-acp",
    gives: { ...gives, keeps: { message: true, text: true, output: false } },
    providers: ["anthropic"],
    ownLogin: true,
    userFiles: ["~/.claude", "~/.claude.json"],
    args: () => [],
    environment: ({ gate, home, model }) => ({
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_TELEMETRY: "1",
      DISABLE_AUTOUPDATER: "1",
      DISABLE_ERROR_REPORTING: "1",
      // Each is a request to the model after a turn.
      CLAUDE_CODE_ENABLE_PROMPT_SUGGESTION: "false",
      CLAUDE_CODE_DISABLE_TERMINAL_TITLE: "1",
      NO_BROWSER: "1",
      ...defined({ CLAUDE_CONFIG_DIR: home }),
      ...(gate && { ANTHROPIC_API_KEY: gate.token, ANTHROPIC_BASE_URL: gate.url }),
      ...(gate && model !== "" && { ANTHROPIC_MODEL: model }),
    }),
    askingMode: "default",
    loginHelp: "Run claude in a terminal once and log in there.",
  },
  {
    id: "codex-acp",
    name: "Codex (ACP)",
    program: "codex-acp",
    tried: "2.6.0",
    install: "npm install -g @agentclientprotocol/codex-acp",
    gives: { ...gives, toolOutput: "live", keeps: { message: true, text: false, output: false } },
    providers: ["openai"],
    ownLogin: true,
    userFiles: ["~/.codex"],
    args: () => [],
    environment: ({ gate, home, model }) => ({
      NO_BROWSER: "1",
      INITIAL_AGENT_MODE: "read-only",
      ...defined({ CODEX_HOME: home }),
      CODEX_CONFIG: JSON.stringify(codexSettings(gate, model)),
      ...(gate && { CODEX_API_KEY: gate.token, MODEL_PROVIDER: "rein" }),
    }),
    keyLogin: "api-key",
    askingMode: "read-only",
    loginHelp: "Run codex login in a terminal.",
  },
];

/** It uses what it was set up with: Rein gives it no key. */
export function ownAcpAgent(id: string, { name, command, environment }: OwnAgent): AcpAgent {
  return {
    id,
    name,
    command,
    gives,
    providers: [],
    ownLogin: true,
    args: () => [],
    environment: () => environment,
    loginHelp: `Log in to ${name} as its documentation says.`,
  };
}

function opencodeSettings(gate: GateAddress | undefined, model: string): object {
  const quiet = {
    permission: "ask",
    autoupdate: false,
    share: "disabled",
    lsp: false,
    formatter: false,
  };
  if (gate === undefined) return quiet;
  const { provider, url, token } = gate;
  // Its clients expect the version in the address.
  const baseURL = provider === "anthropic" ? `${url}/v1` : url;
  const models = model === "" ? {} : { models: { [model]: {} } };
  const named =
    model === "" ? {} : { model: `${provider}/${model}`, small_model: `${provider}/${model}` };
  return {
    ...quiet,
    ...named,
    enabled_providers: [provider],
    provider: { [provider]: { ...models, options: { baseURL, apiKey: token } } },
  };
}

function codexSettings(gate: GateAddress | undefined, model: string): object {
  const quiet = {
    analytics: { enabled: false },
    check_for_update_on_startup: false,
    shell_environment_policy: { exclude: ["*KEY*", "*TOKEN*", "*SECRET*"] },
  };
  if (gate === undefined) return quiet;
  return {
    ...quiet,
    ...(model !== "" && { model }),
    web_search: "disabled",
    model_provider: "rein",
    model_providers: {
      rein: {
        name: "rein",
        base_url: gate.url,
        wire_api: "responses",
        env_key: "CODEX_API_KEY",
        supports_websockets: false,
      },
    },
  };
}
