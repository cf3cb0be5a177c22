/**
 * The prompt caches of the services, as their documentation describes them, so that a test sees what each would bill.
 * A token is four characters of JSON. The services' minimum lengths and life times are left out: every length is kept, for ever.
 */
import type { WireName } from "./wire";

export interface CountedInput {
  /** All of it. */
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
}

type Body = Record<string, unknown>;

export class PromptCache {
  /** Anthropic: what was marked in earlier requests, as a hash of all that precedes it. */
  readonly #marked = new Set<string>();
  /** The others: earlier prompts, by what a service tells conversations apart with. */
  readonly #prompts = new Map<string, string[]>();

  /** What the service counts of a request that it accepted; the request is in the cache from then on. */
  count(wire: WireName, model: string, body: Body): CountedInput {
    if (wire === "anthropic") return this.#countMarked(model, body);
    const written = wire === "openai" && chargesWrites(model);
    // OpenAI routes by the key: requests with another one reach another machine, whose cache is empty.
    const key = JSON.stringify([wire, model, body["prompt_cache_key"]]);
    return this.#countPrefix(key, itemsOf(wire, body).join("\n"), written);
  }

  /**
   * "Prompt caching", docs.anthropic.com: tools, system and messages in this order; an entry ends at a mark and is found by
   * a later mark that is at most 20 blocks behind it, itself included. Thinking settings are part of it.
   */
  #countMarked(model: string, body: Body): CountedInput {
    const blocks = blocksOf(body);
    const hashes: string[] = [];
    let hash = JSON.stringify([model, body["thinking"]]);
    for (const { text } of blocks) hashes.push((hash = Bun.hash(hash + text).toString(36)));
    const marks = blocks.flatMap(({ isMarked }, index) => (isMarked ? [index] : []));
    const found = marks.flatMap((mark) => {
      const seen = hashes.slice(0, mark + 1).slice(-lookBack);
      const at = seen.findLastIndex((one) => this.#marked.has(one));
      return at === -1 ? [] : [mark + 1 - seen.length + at];
    });
    for (const mark of marks) this.#marked.add(hashes[mark]!);
    const upTo = (end: number) => tokensIn(blocks.slice(0, end + 1).map(({ text }) => text));
    const cacheReadTokens = upTo(Math.max(-1, ...found));
    const cacheWriteTokens = Math.max(0, upTo(marks.at(-1) ?? -1) - cacheReadTokens);
    return { inputTokens: upTo(blocks.length), cacheReadTokens, cacheWriteTokens };
  }

  /** "Prompt caching", platform.openai.com; "Implicit caching", ai.google.dev: the longest prefix of an earlier prompt. */
  #countPrefix(key: string, prompt: string, countsWrites: boolean): CountedInput {
    const earlier = this.#prompts.get(key) ?? [];
    const common = Math.max(0, ...earlier.map((one) => commonLength(one, prompt)));
    this.#prompts.set(key, [...earlier, prompt]);
    const inputTokens = Math.ceil(prompt.length / charactersPerToken);
    const cacheReadTokens = Math.floor(common / charactersPerToken);
    return {
      inputTokens,
      cacheReadTokens,
      cacheWriteTokens: countsWrites ? inputTokens - cacheReadTokens : 0,
    };
  }
}

const lookBack = 20;
const charactersPerToken = 4;

/** From GPT-5.6 on. */
function chargesWrites(model: string): boolean {
  return /^gpt-(5\.[6-9]|[6-9])/.test(model);
}

function tokensIn(texts: string[]): number {
  return texts.reduce((sum, text) => sum + Math.ceil(text.length / charactersPerToken), 0);
}

function blocksOf(body: Body): { text: string; isMarked: boolean }[] {
  const {
    tools = [],
    system = [],
    messages,
  } = body as {
    tools?: object[];
    system?: object[];
    messages: { role: string; content: string | object[] }[];
  };
  const inMessages = messages.flatMap(({ role, content }) =>
    (typeof content === "string" ? [{ type: "text", text: content }] : content).map((block) => ({
      role,
      ...block,
    })),
  );
  return [...tools, ...system, ...inMessages].map((block) => {
    const { cache_control, ...rest } = block as { cache_control?: object };
    return { text: JSON.stringify(rest), isMarked: cache_control !== undefined };
  });
}

/** What the prompt is made of, in the order in which the service reads it. */
function itemsOf(wire: WireName, body: Body): string[] {
  const list = (name: string) => (body[name] as unknown[] | undefined) ?? [];
  const items =
    wire === "openai"
      ? [...list("tools"), body["instructions"], ...list("input")]
      : wire === "gemini"
        ? [...list("tools"), body["systemInstruction"], ...list("contents")]
        : [...list("tools"), ...list("messages")];
  return items.map((item) => JSON.stringify(item ?? null));
}

function commonLength(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  for (let at = 0; at < most; at++) if (a.charCodeAt(at) !== b.charCodeAt(at)) return at;
  return most;
}
