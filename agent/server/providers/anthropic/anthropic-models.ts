/** What a Claude model accepts, read from its id, so that a request needs no look-up; an unknown model gets no special options. */

export interface ClaudeTraits {
  /** The most output that may be requested; thinking counts towards it. */
  maxTokens: number;
  /** The model decides how much it thinks, or is given a budget, or is not asked to. */
  thinking: "adaptive" | "budget" | "unasked";
  /** Whether it binds a thinking block to everything that preceded it when it was written. */
  bindsThinking: boolean;
}

/**
 * Thinking budgets: Claude 3.7 to 4.5. Adaptive thinking: from 4.6, and 4.7 refuses budgets. Binding: from 5.1.
 * Source: the pages "Extended thinking" and "Preserved thinking" of Anthropic's documentation, November 2026.
 */
export function claudeTraits(model: string): ClaudeTraits {
  const version = versionOf(model);
  return {
    maxTokens: maxTokensOf(version),
    thinking:
      version === undefined || version < 3.7 ? "unasked" : version < 4.6 ? "budget" : "adaptive",
    bindsThinking: version !== undefined && version >= 5.1,
  };
}

/** `claude-opus-4-5-20251101` is 4.5, `claude-3-7-sonnet-latest` is 3.7, `claude-opus-4-20250514` is 4. */
function versionOf(model: string): number | undefined {
  const [, major, minor] = /^claude-(?:[a-z]+-)?(\d)(?:-(\d))?(?:-|$)/.exec(model) ?? [];
  return major === undefined ? undefined : Number(`${major}.${minor ?? 0}`);
}

/** Less than most models allow, but enough for a long file; older ones refuse more than they can. */
function maxTokensOf(version: number | undefined): number {
  if (version === undefined || version < 3.7)
    return version !== undefined && version < 3.5 ? 4096 : 8192;
  return version < 4.5 ? 32_000 : 64_000;
}
