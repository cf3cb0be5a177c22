/** The environment of jobs: the person's own, without this server's keys and settings, and with nothing that waits for a key press. */

/**
 * What every job sees, plus what it `adds`. A key of a model provider never reaches a command that a model wrote,
 * and our own settings never reach a server that it starts (our PORT would be taken there).
 */
export function jobEnvironment(
  from: Record<string, string | undefined>,
  adds: Record<string, string>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(from))
    if (value !== undefined && !isOurs(name)) environment[name] = value;
  return { ...environment, ...nonInteractive, ...adds };
}

function isOurs(name: string): boolean {
  return name.startsWith("REIN_") || ours.has(name);
}

const ours = new Set([
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "OPENAI_API_KEY",
  "OPENAI_COMPATIBLE_API_KEY",
  "OPENROUTER_API_KEY",
  "XAI_API_KEY",
  "GEMINI_API_KEY",
  "GOOGLE_API_KEY",
  "PORT",
  "HOST",
  // Set by `bun --no-orphans`; inherited, it would end the servers that a job starts with bun.
  "BUN_FEATURE_FLAG_NO_ORPHANS",
]);

const nonInteractive = {
  PAGER: "cat",
  GIT_PAGER: "cat",
  GIT_TERMINAL_PROMPT: "0",
  TERM: "dumb",
};
