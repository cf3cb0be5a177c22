/** Which files a model takes, and how a file is named in words: the page says it before sending, the server when it sends. */
import type { FileRef, ModelInfo } from "./protocol";

/** The most files of one message. */
export const maxFiles = 20;

/** The most bytes of one file, and of all that one request carries: in base64 a third more, and Gemini takes 20 MB a request. */
export const maxFileBytes = 14_000_000;

/** Anthropic's limit of one picture: 5 MB in base64. */
const maxClaudePictureBytes = 3_900_000;

/** The model that is to read a file. `takes`: what its service says of it. */
export interface ReadingModel {
  provider: string;
  model: string;
  takes?: ModelInfo["takes"] | undefined;
}

/** Through whichever service. */
export function isClaude({ model }: ReadingModel): boolean {
  return /claude/i.test(model);
}

/** Why the model cannot be given a file, as a clause; undefined when it can. A picture is tried where nothing is known. */
export function whyNotTaken(
  { mediaType, bytes }: Pick<FileRef, "mediaType" | "bytes">,
  reader: ReadingModel,
): string | undefined {
  const { provider, model, takes } = reader;
  const seesPictures = takes?.images ?? !readsTextOnly.test(model);
  if (mediaType === "application/pdf")
    return (takes?.pdfs ?? takesPdfs(provider, model, seesPictures))
      ? undefined
      : "this model takes no PDFs";
  if (!seesPictures) return "this model takes no pictures";
  if (refusedTypes[provider]?.includes(mediaType))
    return `this service takes no ${nameOfType(mediaType)} pictures`;
  if (isClaude(reader) && bytes > maxClaudePictureBytes)
    return `this model takes pictures of at most ${sizeOf(maxClaudePictureBytes)}`;
  return undefined;
}

export function isPicture({ mediaType }: Pick<FileRef, "mediaType">): boolean {
  return mediaType.startsWith("image/");
}

/** Models that are known to read only text. */
const readsTextOnly =
  /gpt-3\.5|gpt-4($|-0\d{3}|-32k)|gpt-oss|\bo1-(mini|preview)|\bo3-mini|deepseek-(chat|reasoner|coder|r1|v[23])|codestral|mixtral|mistral-(7b|nemo|tiny)|codellama|llama-?(2|3\.[13])\b|coder|\bqwq|phi-?[34](?!.*(vision|multimodal))|grok-(3|code)|kimi-k2($|-)|starcoder|claude-(2|instant)/i;

/** Where the service does not say it. OpenRouter reads PDFs for models that cannot. */
function takesPdfs(provider: string, model: string, seesPictures: boolean): boolean {
  if (provider === "anthropic") return seesPictures && !/claude-3-(opus|sonnet|haiku)/.test(model);
  if (provider === "openai") return seesPictures;
  if (provider === "gemini") return !model.startsWith("gemma");
  return provider === "openrouter";
}

/** Kinds of pictures that the whole service refuses, as its documentation says. */
const refusedTypes: Record<string, FileRef["mediaType"][]> = {
  gemini: ["image/gif"],
  ollama: ["image/gif"],
  xai: ["image/gif", "image/webp"],
};

/** PNG, JPEG, WebP, GIF or PDF. */
export function nameOfType(mediaType: FileRef["mediaType"]): string {
  return kinds[mediaType];
}

const kinds: Record<FileRef["mediaType"], string> = {
  "image/png": "PNG",
  "image/jpeg": "JPEG",
  "image/webp": "WebP",
  "image/gif": "GIF",
  "application/pdf": "PDF",
};

/** "picture shot.png, 120 kB" */
export function describeFile({ name, mediaType, bytes }: Omit<FileRef, "hash">): string {
  const kind = mediaType === "application/pdf" ? "PDF" : "picture";
  return `${kind} ${name}, ${sizeOf(bytes)}`;
}

export function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
