/** What a file is, by its content alone: a picture or PDF that services read, a text, or nothing that Rein takes. */
import type { MediaType } from "../../shared/protocol";
import { jpegSize, type PictureSize, webpSize } from "./picture-size";

export interface FileContent {
  mediaType: MediaType;
  /** In pixels, of a picture. */
  size?: PictureSize;
}

/** Enough to find the frame of a JPEG behind what cameras and editors write before it. */
const headBytes = 2_000_000;
/** With these the type is known. */
const signatureBytes = 16;

/**
 * Of a content that comes in pieces, which are not kept. `found()`, after the last: undefined when it is none of the types, or a
 * picture that is cut or damaged, for which services refuse the request. SVG, HTML and all code are text.
 */
export class FileInspector {
  #bytes = 0;
  #head = Buffer.alloc(0);
  /** Where the last piece ended, so that an end mark across two pieces is found. */
  #tail = Buffer.alloc(0);
  #hasEnd = false;
  /** Of what has no signature: undefined once it is no text. */
  #decoder: TextDecoder | undefined = newDecoder();

  add(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#head.length < headBytes && (this.#isPicture() || this.#head.length < signatureBytes))
      this.#head = Buffer.concat([this.#head, piece.subarray(0, headBytes - this.#head.length)]);
    this.#decode(piece);
    const end = this.#isPicture() && ends[this.#head[0] ?? 0];
    if (!end || this.#hasEnd) return;
    const seen = Buffer.concat([this.#tail, piece]);
    this.#hasEnd = seen.includes(end);
    this.#tail = seen.subarray(-3);
  }

  found(): FileContent | undefined {
    const mediaType = signatureOf(this.#head);
    if (mediaType === undefined) return this.#isText() ? { mediaType: "text/plain" } : undefined;
    if (mediaType === "application/pdf") return { mediaType };
    const isWhole = mediaType === "image/webp" || this.#hasEnd;
    const size = isWhole ? sizes[mediaType](this.#head, this.#bytes) : undefined;
    return size && size.width > 0 && size.height > 0 ? { mediaType, size } : undefined;
  }

  #isPicture(): boolean {
    return signatureOf(this.#head)?.startsWith("image/") ?? false;
  }

  #isText(): boolean {
    try {
      return this.#decoder !== undefined && typeof this.#decoder.decode() === "string";
    } catch {
      return false; // it ends within a character
    }
  }

  #decode(piece: Uint8Array): void {
    try {
      if (piece.includes(0)) this.#decoder = undefined;
      this.#decoder?.decode(piece, { stream: true });
    } catch {
      this.#decoder = undefined; // no UTF-8
    }
  }
}

/** Of a whole content: as `FileInspector`. */
export function inspectFile(bytes: Uint8Array): FileContent | undefined {
  const inspector = new FileInspector();
  inspector.add(bytes);
  return inspector.found();
}

/** Of a picture or PDF, by its first bytes; 16 are enough. Undefined: whatever else. */
export function signatureOf(start: Buffer): Exclude<MediaType, "text/plain"> | undefined {
  const text = start.toString("latin1", 0, signatureBytes);
  return signatures.find(([signature]) => signature.test(text))?.[1];
}

function newDecoder(): TextDecoder {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
}

const signatures: [RegExp, Exclude<MediaType, "text/plain">][] = [
  [/^\x89PNG\r\n/, "image/png"],
  [/^\xff\xd8\xff/, "image/jpeg"],
  [/^GIF8[79]a/, "image/gif"],
  [/^RIFF.{4}WEBP/s, "image/webp"],
  [/^%PDF-/, "application/pdf"],
];

/** What the end of a picture has, by its first byte; a WebP says its length. */
const ends: Record<number, Buffer> = {
  0x89: Buffer.from("IEND"),
  0xff: Buffer.from([0xff, 0xd9]),
  0x47: Buffer.from([0x3b]),
};

type SizeOf = (head: Buffer, bytes: number) => PictureSize | undefined;

const sizes: Record<Exclude<MediaType, "application/pdf" | "text/plain">, SizeOf> = {
  "image/png": (head) =>
    head.length >= 33 && head.toString("latin1", 12, 16) === "IHDR"
      ? { width: head.readUInt32BE(16), height: head.readUInt32BE(20) }
      : undefined,
  "image/gif": (head) =>
    head.length >= 14 ? { width: head.readUInt16LE(6), height: head.readUInt16LE(8) } : undefined,
  "image/webp": webpSize,
  "image/jpeg": jpegSize,
};
