/** What a file is, by its content alone: a picture or PDF that services read, a text, or nothing that Rein takes. */
import { isUtf8 } from "node:buffer";
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
  /** Of a text, the begin of a character that the last piece has cut; undefined once it is no text. */
  #cut: Uint8Array | undefined = new Uint8Array();

  add(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#head.length < headBytes && (this.#isPicture() || this.#head.length < signatureBytes))
      this.#head = Buffer.concat([this.#head, piece.subarray(0, headBytes - this.#head.length)]);
    this.#look(piece);
    const end = this.#isPicture() && ends[this.#head[0] ?? 0];
    if (!end || this.#hasEnd) return;
    const seen = Buffer.concat([this.#tail, piece]);
    this.#hasEnd = seen.includes(end);
    this.#tail = seen.subarray(-3);
  }

  found(): FileContent | undefined {
    const mediaType = signatureOf(this.#head);
    if (mediaType === undefined)
      return this.#cut?.length === 0 ? { mediaType: "text/plain" } : undefined;
    if (mediaType === "application/pdf") return { mediaType };
    const isWhole = mediaType === "image/webp" || this.#hasEnd;
    const size = isWhole ? sizes[mediaType](this.#head, this.#bytes) : undefined;
    return size && size.width > 0 && size.height > 0 ? { mediaType, size } : undefined;
  }

  #isPicture(): boolean {
    return signatureOf(this.#head)?.startsWith("image/") ?? false;
  }

  /** Whether it is UTF-8 so far. No string is made of it: those of many uploads would be much garbage. */
  #look(piece: Uint8Array): void {
    if (this.#cut === undefined) return;
    const seen = this.#cut.length === 0 ? piece : Buffer.concat([this.#cut, piece]);
    const end = seen.length - cutCharacter(seen);
    const isText = isUtf8(seen.subarray(0, end)) && !seen.includes(0);
    this.#cut = isText ? new Uint8Array(seen.subarray(end)) : undefined;
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

/** How many bytes at the end are the begin of a character of UTF-8 whose rest is missing. */
function cutCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
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
