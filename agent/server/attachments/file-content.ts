/** What a file is, by its content alone: a picture or PDF that services read, or nothing that Rein takes. */
import type { MediaType } from "../../shared/protocol";

export interface FileContent {
  mediaType: MediaType;
  /** In pixels, of a picture. */
  size?: { width: number; height: number };
}

/**
 * Of the whole content; undefined when it is none of the types, or a picture that is cut or damaged, for which services
 * refuse the request. SVG and HTML are text, and none of them.
 */
export function inspectFile(bytes: Buffer): FileContent | undefined {
  const mediaType = mediaTypeOf(bytes);
  if (mediaType === undefined || mediaType === "application/pdf") return mediaType && { mediaType };
  const size = sizes[mediaType](bytes);
  return size !== undefined && size.width > 0 && size.height > 0 ? { mediaType, size } : undefined;
}

/** By its first bytes; 16 are enough. */
export function mediaTypeOf(start: Buffer): MediaType | undefined {
  const text = start.toString("latin1", 0, 16);
  return signatures.find(([signature]) => signature.test(text))?.[1];
}

const signatures: [RegExp, MediaType][] = [
  [/^\x89PNG\r\n/, "image/png"],
  [/^\xff\xd8\xff/, "image/jpeg"],
  [/^GIF8[79]a/, "image/gif"],
  [/^RIFF.{4}WEBP/s, "image/webp"],
  [/^%PDF-/, "application/pdf"],
];

type Size = FileContent["size"];

/** Each also looks for the end of the picture. */
const sizes: Record<Exclude<MediaType, "application/pdf">, (bytes: Buffer) => Size> = {
  "image/png": (bytes) =>
    bytes.length >= 33 && bytes.toString("latin1", 12, 16) === "IHDR" && bytes.includes("IEND")
      ? { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
      : undefined,
  "image/gif": (bytes) =>
    bytes.length >= 14 && bytes.includes(0x3b, 13)
      ? { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }
      : undefined,
  "image/webp": webpSize,
  "image/jpeg": (bytes) => (bytes.includes(endOfJpeg) ? jpegSize(bytes) : undefined),
};

const endOfJpeg = Buffer.from([0xff, 0xd9]);

/** From its frame header: the segments before it are stepped over by their lengths. */
function jpegSize(bytes: Buffer): Size {
  for (let at = 2; at + 9 <= bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    // Fill bytes may stand before a marker.
    at += marker === 0xff ? 1 : 2 + Math.max(2, bytes.readUInt16BE(at + 2));
  }
  return undefined;
}

/** Three forms: lossy, lossless, and extended. */
function webpSize(bytes: Buffer): Size {
  if (bytes.length < 30 || bytes.readUInt32LE(4) + 8 > bytes.length) return undefined;
  switch (bytes.toString("latin1", 12, 16)) {
    case "VP8 ":
      return {
        width: bytes.readUInt16LE(26) & 0x3fff,
        height: bytes.readUInt16LE(28) & 0x3fff,
      };
    case "VP8L": {
      const bits = bytes.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
    }
    case "VP8X":
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}
