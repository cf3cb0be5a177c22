/** Small pictures and a PDF, whole and of 3 × 2 pixels, for the tests of attached files. */
import type { MediaType } from "../shared/protocol";

const encoded: Record<Exclude<MediaType, "application/pdf" | "text/plain">, string> = {
  "image/png":
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAQMAAACnuvRZAAAABlBMVEX/AAD///9BHTQRAAAADElEQVQI12NgYGAAAAAEAAEnNCcKAAAAAElFTkSuQmCC",
  "image/jpeg":
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/2wBDAQMDAwQDBAgEBAgQCwkLEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBD/wAARCAACAAMDAREAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAACP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/xAAVAQEBAAAAAAAAAAAAAAAAAAAHCf/EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhEDEQA/ADoDFU3/2Q==",
  "image/webp":
    "UklGRjwAAABXRUJQVlA4IDAAAADQAQCdASoDAAIAAgA0JaACdLoB+AADsAD+8MQL/yC5YXXI1/8gP+QH/ID/+PIAAAA=",
  "image/gif": "R0lGODlhAwACAPAAAP8AAAAAACH5BAAAAAAALAAAAAADAAIAAAIChF8AOw==",
};

export const losslessWebp = decode("UklGRhwAAABXRUJQVlA4TA8AAAAvAkAAAAcQ/Y/+ByKi/wEA");

export const samples: Record<MediaType, Buffer<ArrayBuffer>> = {
  "image/png": decode(encoded["image/png"]),
  "image/jpeg": decode(encoded["image/jpeg"]),
  "image/webp": decode(encoded["image/webp"]),
  "image/gif": decode(encoded["image/gif"]),
  "application/pdf": Buffer.from("%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"),
  "text/plain": Buffer.from("const answer = 42; // größer\n"),
};

/** The same picture with other bytes: a comment after its end, which every reader passes over. */
export function pngWith(comment: string): Buffer<ArrayBuffer> {
  return Buffer.concat([samples["image/png"], Buffer.from(comment)]);
}

function decode(text: string): Buffer<ArrayBuffer> {
  return Buffer.from(text, "base64");
}
