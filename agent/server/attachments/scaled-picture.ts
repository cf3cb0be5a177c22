/** A picture as a service takes it: scaled down, turned upright and converted where it has to be, else as it is. */
import { errorCode } from "../../shared/error-code";
import type { FileBounds } from "../../shared/file-bounds";
import { abortable } from "../abort";
import type { SentMediaType } from "../providers/provider";
import type { FileContent } from "./file-content";

export type ScaledPicture = { bytes: Uint8Array; mediaType: SentMediaType } | { failed: string };

/** More would take over 400 MB to decode. */
const maxPixels = 100_000_000;
const jpegQuality = 85;
/** In bytes: the pictures of a few requests, so that each turn of a run does not scale them anew. */
const maxCachedBytes = 40_000_000;
/** Numbers are small: so many are kept. */
const maxKnownSizes = 5000;

/** Whether the picture goes as it is. */
export function fits({ mediaType, size }: FileContent, bytes: number, to: FileBounds): boolean {
  const { width = 0, height = 0 } = size ?? {};
  return (
    Math.max(width, height) <= to.pictureSide &&
    bytes <= to.pictureBytes &&
    !to.refuses.includes(mediaType)
  );
}

/** Scales the pictures of requests, and keeps the last results: each turn of a run sends the same ones. */
export class PictureScaler {
  readonly #scaled = new Map<string, ScaledPicture>();
  readonly #sentBytes = new Map<string, number>();
  /** One at a time: a decoded picture may take hundreds of megabytes. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Within the bounds: a PNG or GIF as PNG where that is small enough, all else as JPEG. Of a moving one the first frame. The
   * work is done in a thread; `failed` says in words why it cannot be. Throws the signal's reason.
   */
  async scale(
    hash: string,
    content: Uint8Array,
    found: FileContent,
    to: FileBounds,
    signal: AbortSignal,
  ): Promise<ScaledPicture> {
    const key = keyOf(hash, to);
    const known = this.#scaled.get(key);
    if (known !== undefined) return known;
    const turn = this.#last.then(() => {
      signal.throwIfAborted();
      return scale(content, found, to);
    });
    this.#last = turn.catch(() => undefined); // its own caller gets the failure
    const scaled = await abortable(turn, signal);
    this.#keep(key, scaled);
    return scaled;
  }

  /** How many bytes are sent of a picture: `measure` is asked once, so that no turn reads it again to learn that. Throws what it throws. */
  async sentBytes(hash: string, to: FileBounds, measure: () => Promise<number>): Promise<number> {
    const key = keyOf(hash, to);
    const known = this.#sentBytes.get(key);
    if (known !== undefined) return known;
    const bytes = await measure();
    if (this.#sentBytes.size >= maxKnownSizes) this.#sentBytes.clear();
    this.#sentBytes.set(key, bytes);
    return bytes;
  }

  #keep(key: string, scaled: ScaledPicture): void {
    this.#scaled.set(key, scaled);
    const sizeOf = (one: ScaledPicture) => ("bytes" in one ? one.bytes.length : 0);
    let bytes = this.#scaled.values().reduce((sum, one) => sum + sizeOf(one), 0);
    for (const [oldest, one] of this.#scaled) {
      if (bytes <= maxCachedBytes && this.#scaled.size <= 500) return;
      this.#scaled.delete(oldest);
      bytes -= sizeOf(one);
    }
  }
}

function keyOf(hash: string, { pictureSide, pictureBytes }: FileBounds): string {
  return [hash, pictureSide, pictureBytes].join(" ");
}

async function scale(
  content: Uint8Array,
  { mediaType, size }: FileContent,
  to: FileBounds,
): Promise<ScaledPicture> {
  const { width = 0, height = 0 } = size ?? {};
  const isDrawn = mediaType === "image/png" || mediaType === "image/gif";
  try {
    // A picture of many details is smaller as JPEG, and one that is still too large with fewer pixels.
    for (let side = to.pictureSide; side >= 256; side = Math.floor(side / 2)) {
      const picture = () => {
        const image = new Bun.Image(content, { maxPixels });
        if (Math.max(width, height) <= side) return image;
        return image.resize(side, side, { fit: "inside", withoutEnlargement: true });
      };
      const png = isDrawn ? await picture().png().bytes() : undefined;
      if (png && png.length <= to.pictureBytes) return { bytes: png, mediaType: "image/png" };
      const jpeg = await picture().jpeg({ quality: jpegQuality }).bytes();
      if (jpeg.length <= to.pictureBytes) return { bytes: jpeg, mediaType: "image/jpeg" };
    }
    return { failed: "it cannot be made small enough for this model" };
  } catch (error) {
    return { failed: wordsOf(error, width, height) };
  }
}

function wordsOf(error: unknown, width: number, height: number): string {
  return errorCode(error) === "ERR_IMAGE_TOO_MANY_PIXELS"
    ? `${width} × ${height} pixels are too many to scale it down`
    : "it is damaged: it could not be decoded to scale it down";
}
