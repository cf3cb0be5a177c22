/** What the gate takes of an engine at most: a command that has found the token may send anything. */

export const gateBounds = {
  /** One request: Anthropic's own bound, a long conversation with pictures has half. It is held while its answer lasts. */
  bodyBytes: 32_000_000,
  /** All bodies of one conversation that are held at once. */
  heldBytes: 128_000_000,
  /** An engine sends a body at once. */
  bodyMs: 60_000,
  /** Requests of one conversation at once: an engine with many subagents has some dozen. */
  requests: 64,
  /** Of a model's name, and of whatever else is read of a request. */
  nameBytes: 300,
  /** Objects and lists of a request within each other. */
  depth: 1_000,
  /** Seconds without a byte on a connection that has no request: longer than any client keeps one for its next request. */
  idleSeconds: 120,
  /** The usage is reckoned anew after so many characters: about 200 tokens. */
  usageEveryCharacters: 800,
} as const;
