/**
 * The headers of an engine's request to a model that reach the provider: those that engines were seen to send (Claude Code
 * 2.1.332, its ACP adapter 0.101.0, Codex 0.171.0, Gemini CLI 0.61.0 and opencode 1.18.33). Any other could name another
 * account, another address or another sender.
 */

const seen = new Set([
  "accept",
  "accept-language",
  "anthropic-beta",
  "anthropic-dangerous-direct-browser-access",
  "anthropic-version",
  "openai-beta",
  "originator",
  "session-id",
  "thread-id",
  "user-agent",
  "x-app",
  "x-client-request-id",
  "x-gemini-api-privileged-user-id",
  "x-goog-api-client",
  "x-openai-internal-codex-responses-lite",
  "x-openai-subagent",
  "x-parent-session-id",
  "x-session-affinity",
  "x-session-id",
]);

/** Of an SDK, or of the engine itself: each version has others. */
const ownNames = /^x-(?:claude-code|codex|stainless)-/;

/** `name`: in small letters. */
export function isOfEngine(name: string): boolean {
  return seen.has(name) || ownNames.test(name);
}
