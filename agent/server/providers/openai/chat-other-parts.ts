/** What a Chat Completions answer holds beside text, reasoning and calls: pictures, sound, sources, what the service's own tools did. */
import { Citations, otherPart, sourceOf } from "../other-part";
import type { ModelEvent } from "../provider";
import type { ChatChunk, ChatMessage, ContentPart } from "./chat-chunk";

/** Each becomes a part of its own, with a line of text. */
export class OtherParts {
  readonly #provider: string;
  #count = 0;
  /** As the text numbers them. */
  #numbered: string[] = [];
  readonly #cited = new Citations();
  readonly #tools = new Set<number>();
  #hasAudio = false;

  constructor(provider: string) {
    this.#provider = provider;
  }

  /** The parts of a message or of a delta that are whole in it. */
  *read({ images, executed_tools, annotations, audio }: ChatMessage): Generator<ModelEvent> {
    for (const image of images ?? []) yield* this.#part("image", {}, sizeOf(image));
    for (const tool of executed_tools ?? []) yield* this.#tool(tool);
    if (audio && !this.#hasAudio) {
      this.#hasAudio = true;
      yield* this.#part("audio", {}, textOf(audio["transcript"]));
    }
    this.#cited.add(annotations ?? []);
  }

  /** Perplexity repeats its sources with every chunk: the last ones count. */
  collect({ citations, search_results }: ChatChunk): void {
    const found = search_results?.map(sourceOf) ?? citations;
    if (found && found.length > 0) this.#numbered = found;
  }

  /** A piece of content that is neither text nor thinking. */
  *content(part: ContentPart): Generator<ModelEvent> {
    yield* this.#part(part.type, part);
  }

  /** The sources, numbered as the text names them. */
  *close(): Generator<ModelEvent> {
    const more = this.#cited.sources.filter((source) => !this.#numbered.includes(source));
    const sources = [...this.#numbered, ...more];
    if (sources.length === 0) return;
    const numbered = sources.map((source, index) => `[${index + 1}] ${source}`);
    yield* this.#part("citations", {}, numbered.join(" "));
  }

  #part(name: string, raw: object, text?: string): Generator<ModelEvent> {
    return otherPart(this.#provider, `other-${this.#count++}`, name, raw, text);
  }

  /** It comes again with its output, and is one part all the same. */
  *#tool(tool: Record<string, unknown>): Generator<ModelEvent> {
    const { index = this.#tools.size } = tool;
    if (typeof index !== "number") return;
    if (this.#tools.has(index)) return;
    this.#tools.add(index);
    yield* this.#part(textOf(tool["type"]) || "tool", tool);
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The kind and the size of a picture; its data, which no service needs back, is not kept. */
function sizeOf({ image_url }: Record<string, unknown>): string {
  const { url } = (image_url ?? {}) as { url?: unknown };
  const found = /^data:([\w/+.-]+);base64,/.exec(textOf(url).slice(0, 100));
  if (found === null) return textOf(url);
  const bytes = Math.round((textOf(url).length - found[0].length) * 0.75);
  return `${found[1]}, ${Math.ceil(bytes / 1000)} kB`;
}
