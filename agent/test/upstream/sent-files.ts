/** What each service refuses of a picture or PDF in a request: another type than it says, one it does not take, too much of it. */

const pictures = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const pdf = "application/pdf";

/** The first bytes of each type. */
const beginnings: Record<string, RegExp> = {
  "image/png": /^\x89PNG/,
  "image/jpeg": /^\xff\xd8\xff/,
  "image/gif": /^GIF8/,
  "image/webp": /^RIFF.{4}WEBP/s,
  [pdf]: /^%PDF-/,
};

interface AnthropicBlock {
  type: string;
  source?: { type?: string; media_type?: string; data?: string };
}

/** Of an `image` or `document` block. */
export function refuseBlockFile({ type, source }: AnthropicBlock): string | undefined {
  if (source?.type !== "base64") return ".source.type: Input should be 'base64'";
  const taken = type === "image" ? pictures : [pdf];
  if (type === "image" && (source.data?.length ?? 0) > 5 * 1024 * 1024)
    return `.source.base64: image exceeds 5 MB maximum: ${source.data!.length} bytes > 5242880 bytes`;
  return refuseContent(source.media_type, source.data, taken);
}

/** Of a part of a Responses message or output. */
export function refuseInputPart(part: {
  type?: string;
  image_url?: string;
  file_data?: string;
  filename?: string;
}): string | undefined {
  if (part.type === "input_image") return refuseUrl(part.image_url, pictures);
  if (part.type !== "input_file") return undefined;
  return part.filename
    ? refuseUrl(part.file_data, [pdf])
    : "Missing required parameter: 'filename'.";
}

/** Of a part of a Chat Completions message; only a user's message takes any. */
export function refuseChatPart(
  role: string,
  part: { type: string; image_url?: { url: string }; file?: { file_data?: string } },
): string | undefined {
  if (part.type === "text") return undefined;
  if (role !== "user")
    return `Invalid content type. ${part.type} is only supported by certain models, and not in messages with role '${role}'.`;
  if (part.type === "image_url") return refuseUrl(part.image_url?.url, pictures);
  if (part.type === "file") return refuseUrl(part.file?.file_data, [pdf]);
  return `Invalid value: '${part.type}'.`;
}

/** Of a part's `inlineData`. GIF is not among the types that Gemini takes. */
export function refuseInlineData(data: { mimeType?: string; data?: string }): string | undefined {
  const taken = [...pictures.filter((type) => type !== "image/gif"), pdf];
  if (!taken.includes(data.mimeType ?? ""))
    return `Unable to process input: Unsupported MIME type: ${data.mimeType}`;
  return refuseContent(data.mimeType, data.data, taken);
}

/** Of a picture without its type. Ollama's decoder knows three. */
export function refuseBareImage(data: string): string | undefined {
  const known = ["image/png", "image/jpeg", "image/webp"];
  return known.some((type) => refuseContent(type, data, known) === undefined)
    ? undefined
    : "failed to process inputs: image: unknown format";
}

function refuseUrl(url: string | undefined, taken: string[]): string | undefined {
  const [, type, data] = /^data:([^;]+);base64,(.*)$/s.exec(url ?? "") ?? [];
  return refuseContent(type, data, taken);
}

function refuseContent(
  type: string | undefined,
  data: string | undefined,
  taken: string[],
): string | undefined {
  if (type === undefined || !taken.includes(type)) return `: unsupported media type ${type}`;
  if (!data || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return ": invalid base64 data";
  const start = Buffer.from(data.slice(0, 64), "base64").toString("latin1");
  return beginnings[type]!.test(start)
    ? undefined
    : `: the content does not appear to be ${type}, which it was specified to be`;
}
