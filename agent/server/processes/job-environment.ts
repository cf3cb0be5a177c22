/** The environment of jobs: the server's own without its keys and settings, set so that no program waits for a key press. */

/**
 * The environment of every job, plus `added`. A provider's key never reaches a command that a model wrote, and our
 * settings never reach a server that the command starts (it would try to take our PORT).
 */
export function jobEnvironment(
  from: Record<string, string | undefined>,
  added: Record<string, string>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(from))
    if (value !== undefined && !isOurs(name)) environment[name] = value;
  return { ...environment, ...nonInteractive, ...added };
}

/** The environment of a program that nothing of the server's may influence: PATH, and `added`. */
export function cleanEnvironment(
  { PATH = "" }: Record<string, string | undefined>,
  added: Record<string, string>,
): Record<string, string> {
  return { PATH, ...added };
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
  // Set by `bun --no-orphans`: inherited, it would kill servers that a job starts with bun.
  "BUN_FEATURE_FLAG_NO_ORPHANS",
]);

const nonInteractive = {
  PAGER: "cat",
  GIT_PAGER: "cat",
  GIT_TERMINAL_PROMPT: "0",
  TERM: "dumb",
};
