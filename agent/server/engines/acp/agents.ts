/** The ACP agents that Rein knows, a row each, and those that were entered in the settings. */
import { join } from "node:path";
import { defined } from "../../../shared/defined";
import type { EngineGives, OwnAgent } from "../../../shared/protocol";
import type { AcpAgent, AcpGiven } from "./acp-agent";
import {
  claudeHome,
  claudeLoginHelp,
  claudeSettings,
  claudeSetUps,
  quietClaude,
} from "../claude/claude-launch";
import { programFile } from "../../program-files";
import { withheldTools } from "../claude/claude-tools";
import { leadingOutside } from "../engine-home";
import { readyToLoad } from "./gemini-chats";

const gives: EngineGives = {
  toolOutput: "end",
  stopsSubagents: false,
  steers: false,
  keeps: { message: true, text: true, output: true },
};

/**
 * MCP servers are given to opencode (1.18.33), which asks for each of their tools and resources, by the title
 * `server_tool`. Not to Gemini CLI (0.61.0): in a directory that it is not to trust, it starts none. Not to claude-agent-acp
 * (0.101.0): it puts them into an argument of Claude Code with their secrets, where others read them; Claude Code itself
 * takes them. Not to an agent of the settings: whether it asks is not known.
 *
 * Not codex-acp (2.6.0): it always trusts the directory, whose `.codex` then starts servers and allows commands. None of
 * its modes asks for what stays within its own sandbox, and with the policy that asks in its settings Codex does not begin
 * ("no longer supported", 0.171.0), so that Rein's rules do not hold. Codex itself is an engine.
 */
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
      takes: { images: true, pdfs: true },
      // Its own history has the output after a restart, and Rein restarts it after each stop.
      keeps: { message: false, text: false, output: true },
    },
    providers: ["gemini"],
    ownLogin: true,
    userFiles: ["~/.gemini"],
    args: ({ model }) => [
      "--acp",
      "--admin-policy",
      geminiPolicy(),
      ...(model === "" ? [] : ["--model", model]),
    ],
    environment: ({ gate, home }) => ({
      // Otherwise it starts itself once more, as a child.
      GEMINI_CLI_NO_RELAUNCH: "true",
      /*
       * Nothing of the directory sets it up: its `.gemini` and `.env` have servers, hooks and tools that are started before
       * anybody is asked, and its git runs what the repository names (seen with 0.61.0).
       */
      GEMINI_CLI_TRUST_WORKSPACE: "false",
      // Named so that a sandbox shows it.
      REIN_GEMINI_POLICY_PATH: geminiPolicy(),
      NO_BROWSER: "true",
      ...defined({ GEMINI_CLI_HOME: home }),
      ...(gate && { GEMINI_API_KEY: gate.token, GOOGLE_GEMINI_BASE_URL: gate.url }),
    }),
    policies: ["/etc/gemini-cli/policies", "/Library/Application Support/GeminiCli/policies"],
    setUps: [
      ".env",
      ".agents",
      ...within(
        ".gemini",
        "settings.json .env GEMINI.md policies commands extensions skills agents hooks trusted_hooks.json",
      ),
      ...within(".gemini", "trustedFolders.json acknowledgments oauth_creds.json tmp/bin"),
    ],
    keyLogin: "gemini-api-key",
    askingMode: "default",
    loginHelp: "Run `gemini` in a terminal and log in there",
    toolName: (callId) => /^(\w+?)__/.exec(callId)?.[1],
    beforeLoad: readyToLoad,
  },
  {
    id: "opencode",
    name: "opencode",
    program: "opencode",
    tried: "1.18.33",
    install: "npm install -g opencode-ai",
    gives: {
      ...gives,
      toolOutput: "live",
      takes: { images: true, pdfs: false },
      takesMcpServers: true,
    },
    providers: ["anthropic", "openai"],
    ownLogin: true,
    userFiles: ["~/.config/opencode", "~/.local/share/opencode", "~/.local/state/opencode"],
    args: () => ["acp"],
    environment: async ({ home, ...given }) => ({
      // No servers and tools of the directory, which are started before anybody is asked (seen with 1.18.33).
      OPENCODE_DISABLE_PROJECT_CONFIG: "1",
      OPENCODE_PURE: "1",
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_SHARE: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
      OPENCODE_CONFIG_CONTENT: JSON.stringify(await opencodeSettings(given)),
      ...(home !== undefined && {
        XDG_CONFIG_HOME: join(home, "config"),
        XDG_DATA_HOME: join(home, "data"),
        XDG_STATE_HOME: join(home, "state"),
        // In the place of its file, which can name a server that sets it up.
        OPENCODE_AUTH_CONTENT: "{}",
      }),
    }),
    readsAlong: ["AGENTS.md", "CLAUDE.md", "CONTEXT.md"],
    setUps: within("data/opencode", "auth.json mcp-auth.json bin"),
    config: { directory: "config", own: "opencode" },
    // Its plugins run whatever is turned off: it reads the directory's settings in two ways, and the other has no switch.
    refuses: [".opencode", "opencode.json", "opencode.jsonc"],
    mcpTool: opencodeTool,
    loginHelp: "Run `opencode auth login` in a terminal",
  },
  {
    id: "claude-acp",
    name: "Claude Code (ACP)",
    program: "claude-agent-acp",
    tried: "0.101.0",
    install: "npm install -g @agentclientprotocol/claude-agent-acp",
    gives: {
      ...gives,
      takes: { images: true, pdfs: false },
      keeps: { message: true, text: true, output: false },
    },
    providers: ["anthropic"],
    ownLogin: true,
    userFiles: ["~/.claude", "~/.claude.json"],
    args: () => [],
    environment: ({ gate, home, model }) => ({
      ...quietClaude,
      // Each is a request to the model after a turn.
      CLAUDE_CODE_ENABLE_PROMPT_SUGGESTION: "false",
      CLAUDE_CODE_DISABLE_TERMINAL_TITLE: "1",
      NO_BROWSER: "1",
      ...claudeHome(home),
      ...(gate && { ANTHROPIC_API_KEY: gate.token, ANTHROPIC_BASE_URL: gate.url }),
      ...(gate && model !== "" && { ANTHROPIC_MODEL: model }),
    }),
    meta: claudeMeta,
    setUps: claudeSetUps,
    askingMode: "default",
    loginHelp: claudeLoginHelp,
  },
];

function geminiPolicy(): string {
  return programFile("agent/server/engines/acp/gemini-policy.toml");
}

function within(directory: string, names: string): string[] {
  return names.split(" ").map((name) => join(directory, name));
}

/**
 * As of Claude Code without an adapter, see claude/claude-launch.ts: else the settings of the directory and of the user run
 * hooks, start servers, lead the requests elsewhere, and allow tools (seen with 0.101.0).
 */
async function claudeMeta(cwd: string): Promise<object> {
  const options = {
    settingSources: [],
    settings: await claudeSettings(cwd),
    strictMcpConfig: true,
    additionalDirectories: [cwd],
    disallowedTools: withheldTools,
    allowDangerouslySkipPermissions: false,
  };
  return { claudeCode: { options } };
}

/** It uses what it was set up with: Rein gives it no key. */
export function ownAcpAgent(
  id: string,
  { name, command, environment, writable: userFiles = [] }: OwnAgent,
): AcpAgent {
  return {
    id,
    name,
    command,
    gives,
    providers: [],
    ownLogin: true,
    userFiles,
    args: () => [],
    environment: () => environment,
    loginHelp: `Log in to ${name} as its documentation says`,
  };
}

function opencodeTool(server: string, tool: string): string {
  return `${server}_${tool.replaceAll(/[^\w-]/g, "_")}`;
}

async function opencodeSettings({
  gate,
  cwd,
  model,
  mcpServers = [],
}: Omit<AcpGiven, "home">): Promise<object> {
  const outside = await leadingOutside(cwd, ["AGENTS.md"]);
  const off = mcpServers.flatMap(({ server, offTools }) =>
    offTools.map((tool) => [opencodeTool(server.name, tool), "deny"]),
  );
  const quiet = {
    // The model is not told of what is denied (seen with 1.18.33).
    permission: { "*": "ask", ...Object.fromEntries(off) },
    autoupdate: false,
    share: "disabled",
    lsp: false,
    formatter: false,
    // With all else of the directory it would leave out this, too.
    instructions: outside.length > 0 ? [] : [join(cwd, "AGENTS.md")],
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
