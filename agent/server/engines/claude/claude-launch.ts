/**
 * How Claude Code is started: with nothing of the directory's or the user's that runs code, asking for every use of a tool.
 *
 * `--setting-sources ""` reads no settings.json, skills, agents and commands of the user and of the project: with
 * `project`, the hooks, the `.mcp.json` servers and the `env` of a hostile directory were in effect at the first message,
 * for its own question of trust is only asked in a terminal (seen with 2.1.332). `--strict-mcp-config` leaves out the
 * servers of `~/.claude.json`; those of the session are told over its input, where no other program reads their secrets. CLAUDE.md and `.claude/rules` are wanted, and are read for a directory that is added.
 */
import { join } from "node:path";
import type { EngineRequest, GivenServer } from "../engine";
import { leadingOutside } from "../engine-home";
import { askedTools, withheldTools } from "./claude-tools";

export const claude = { name: "Claude Code", providers: ["anthropic"] };

export const claudeLoginHelp = "Run `claude` in a terminal and log in with /login";

/** As a settings.json of Claude Code, for its command line in this directory. Never rejects. */
export async function claudeSettings(
  cwd: string,
  mcpServers: readonly GivenServer[] = [],
): Promise<object> {
  const outside = await leadingOutside(cwd, ["CLAUDE.md", "CLAUDE.local.md", ".claude/CLAUDE.md"]);
  return {
    // A server can say of its tools that they only read: the name of a server stands for all of them.
    permissions: {
      ask: [...askedTools, ...mcpServers.map(({ server }) => `mcp__${server.name}`)],
      // The model is not told of them (seen with 2.1.332).
      deny: mcpServers.flatMap(({ server, offTools }) =>
        offTools.map((tool) => `mcp__${server.name}__${tool}`),
      ),
    },
    // It would ask a service whether a page may be fetched; Rein asks a person.
    skipWebFetchPreflight: true,
    // Its `git status` would run what the repository's own configuration names as a filter (seen with 2.1.332).
    includeGitInstructions: false,
    // These are patterns. What a CLAUDE.md itself names it leaves out by itself, where that is outside.
    claudeMdExcludes: outside.map((path) => path.replaceAll(/[*?[\]{}()!+@|]/g, "[$&]")),
  };
}

/** In Rein's home for it. */
export const claudeSetUps = [
  ..."settings.json settings.local.json remote-settings.json CLAUDE.md rules hooks".split(" "),
  ..."plugins agents commands skills output-styles".split(" "),
];

/** Of the program at `path`; the conversation is new, or the one that is resumed. */
export async function claudeCommand(
  path: string,
  { cwd, model, mcpServers }: Pick<EngineRequest, "cwd" | "model" | "mcpServers">,
  conversation: { id: string; isNew: boolean },
): Promise<string[]> {
  return [
    path,
    ..."--output-format stream-json --input-format stream-json --verbose".split(" "),
    ..."--include-partial-messages --permission-prompt-tool stdio --permission-mode default".split(
      " ",
    ),
    "--strict-mcp-config",
    "--setting-sources=",
    `--settings=${JSON.stringify(await claudeSettings(cwd, mcpServers))}`,
    `--disallowedTools=${withheldTools.join(",")}`,
    `--add-dir=${cwd}`,
    `${conversation.isNew ? "--session-id" : "--resume"}=${conversation.id}`,
    ...(model === "" ? [] : [`--model=${model}`]),
  ];
}

/** What is added to the environment of a job. Without a gate it has its own log-in and address. */
export function claudeEnvironment({
  gate,
  home,
}: Pick<EngineRequest, "gate" | "home">): Record<string, string> {
  return {
    ...quietClaude,
    ...claudeHome(home),
    ...(gate && { ANTHROPIC_BASE_URL: gate.url, ANTHROPIC_API_KEY: gate.token }),
  };
}

/** Pictures of messages and output of commands are among its temporary files: they go with the session, too. */
export function claudeHome(home: string | undefined): Record<string, string> {
  return home === undefined
    ? {}
    : { CLAUDE_CONFIG_DIR: home, CLAUDE_CODE_TMPDIR: join(home, "tmp") };
}

/** Of every Claude Code, also that of its ACP adapter: what it does without being asked is off. */
export const quietClaude = {
  ...Object.fromEntries(
    [
      "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
      "DISABLE_TELEMETRY",
      "DISABLE_AUTOUPDATER",
      "DISABLE_ERROR_REPORTING",
      // Its own sign that a turn is over, with all that the turn has queued.
      "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS",
      // Subagents run within the turn: a late notice of one would begin a turn that Rein did not ask for.
      "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS",
      "CLAUDE_CODE_DISABLE_CRON",
      // An `@` in a message, or in output that Rein quotes, would read a file without a question.
      "CLAUDE_CODE_DISABLE_FILE_MENTIONS",
      "CLAUDE_CODE_DISABLE_AUTO_MEMORY",
      "CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD",
      // Each command starts in the session's directory: rules for commands name it.
      "CLAUDE_BASH_MAINTAIN_PROJECT_WORKING_DIR",
    ].map((name) => [name, "1"]),
  ),
  // Set where Rein itself was started by Claude Code, which then refuses to start.
  CLAUDECODE: "",
};
