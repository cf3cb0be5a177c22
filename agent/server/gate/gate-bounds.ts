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
  /**
   * Seconds in which the head of a request has to come: each request has a connection of its own. Bun.serve neither counts
   * connections nor tells of one before its head (1.4.5), and closes it up to four seconds later.
   */
  headSeconds: 10,
  /** The usage is reckoned anew after so many characters: about 200 tokens. */
  usageEveryCharacters: 800,
} as const;
