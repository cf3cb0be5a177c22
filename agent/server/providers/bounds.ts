/** What Rein takes from a service at most, each with its reason. More than that ends the answer, and closes its socket. */

export const bounds = {
  /** One event of a stream, after decompression: the Responses API repeats the whole answer in its last one. */
  eventBytes: 8_000_000,
  /** Texts, numbers, lists and objects in one event or list of models: a list of 1,000 models with all that is said of them has half. */
  eventValues: 100_000,
  /** One streamed answer: the longest answers have 200,000 tokens, and some services send 500 bytes with each. */
  streamBytes: 256_000_000,
  /** An answer that is no stream: the longest list of models (OpenRouter's) has 1 MB. */
  listBytes: 4_000_000,
  /** Of an error's body only this much is read: people are shown one line of it. */
  errorBytes: 64_000,
  /** Of an error's words, which may also come in an event: pages have their text behind long styles. */
  errorCharacters: 64_000,
  /** Text, reasoning, inputs and their signatures together: five times the longest answer of any model. */
  answerCharacters: 4_000_000,
  /** One tool call's input: a whole file to be written. */
  inputCharacters: 2_000_000,
  /** Objects and lists within each other: SQLite takes 1,000, and JavaScript's stack a few thousand. */
  inputDepth: 100,
  /** Text, reasoning and calls; an answer that changes between text and reasoning has some hundreds. */
  parts: 2_000,
  /** They would all run at once. */
  toolCalls: 200,
  /** A part that Rein does not handle, as it is kept for its service: a page of search results. Pictures are not kept. */
  otherCharacters: 500_000,
  /** The line that tells people about such a part, and the service's own words about an end. */
  lineCharacters: 300,
  /** Services allow 64 to 128. */
  nameCharacters: 200,
  /** Some gateways put a signature into it. */
  idCharacters: 64_000,
  /** More tokens than any model reads. */
  tokens: 1_000_000_000,
  /** US dollars for one answer: a million tokens of the dearest models cost some hundreds. */
  answerUsd: 10_000,
  /** Models in a list; OpenRouter has 500. */
  models: 5_000,
  /** Pages of such a list. */
  listPages: 20,
  /** How long an answer that comes all at once is read before all else gets its turn. */
  readMs: 10,
  /** Line ends in what an SDK is handed at once: some dozen events. */
  pieceLines: 128,
  /** How long a service may keep its socket open after the end of an answer, as some gateways do. */
  afterEndMs: 1_000,
  /**
   * Until the first byte: a local model may read a long conversation for an hour. The SDKs' own limit is ten minutes.
   * When nothing comes for long, Rein asks (see the stall of the limits), and does not decide.
   */
  headersMs: 24 * 3_600_000,
  redirects: 3,
} as const;
