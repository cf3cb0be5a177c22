/** Which files a model takes, and how a file is named in words: the page says it before sending, the server when it sends. */
import { fileBounds, type ReadingModel } from "./file-bounds";
import type { FileRef } from "./protocol";
import { visibleName } from "./visible-text";
import { fixed, t, tn } from "./translation";

/** The most files of one message. */
export const maxFiles = 100;

/** The most bytes of one file. */
export const maxFileBytes = 50_000_000;

/** The most that a request carries of one text file; `read` has the rest. */
export const maxTextCharacters = 200_000;

/**
 * Why the model cannot be given a file, as a clause; undefined when it can. A picture is tried where nothing is known: it is
 * scaled and converted to what the service takes.
 */
export function whyNotTaken(
  { mediaType, bytes, pages = 0 }: Pick<FileRef, "mediaType" | "bytes" | "pages">,
  reader: ReadingModel,
): string | undefined {
  const { provider, model, takes } = reader;
  const seesPictures = takes?.images ?? !readsTextOnly.test(model);
  if (mediaType === "text/plain") return undefined;
  if (mediaType === "application/pdf") {
    if (!(takes?.pdfs ?? takesPdfs(provider, model, seesPictures)))
      return t("this model takes no PDFs");
    const { requestBytes, requestPages } = fileBounds(reader);
    if (bytes > requestBytes)
      return t("a request to this model carries PDFs of at most {size}", {
        size: sizeOf(requestBytes),
      });
    return pages > requestPages
      ? t("it has {pages} pages, and a request to this model carries at most {most}", {
          pages,
          most: requestPages,
        })
      : undefined;
  }
  return seesPictures ? undefined : t("this model takes no pictures");
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

/** PNG, JPEG, WebP, GIF, PDF or text. */
export function nameOfType(mediaType: FileRef["mediaType"]): string {
  return kinds[mediaType];
}

const kinds: Record<FileRef["mediaType"], string> = {
  "image/png": "PNG",
  "image/jpeg": "JPEG",
  "image/webp": "WebP",
  "image/gif": "GIF",
  "application/pdf": "PDF",
  "text/plain": "text",
};

/** "picture shot.png, 120 kB", "text file src/a.ts, 3 kB", for people and models: what cannot be seen in a name is marked. */
export function describeFile({ name, mediaType, bytes }: Omit<FileRef, "hash">): string {
  const values = { name: visibleName(name), size: sizeOf(bytes) };
  if (mediaType === "text/plain") return t("text file {name}, {size}", values);
  return mediaType === "application/pdf"
    ? t("PDF {name}, {size}", values)
    : t("picture {name}, {size}", values);
}

/** As its message names it: "src/a.ts", or "@src/a.ts:10-20", with the reason where that could not be read. */
export function labelOf({ name, mention }: Pick<FileRef, "name" | "mention">): string {
  if (mention === undefined) return name;
  return `@${mention}${/ \(not attached: .*\)$/s.exec(name)?.[0] ?? ""}`;
}

export function sizeOf(bytes: number): string {
  if (bytes < 1000) return tn(bytes, "{count} byte", "{count} bytes");
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${fixed(bytes / 1_000_000, 1)} MB`;
}
