/** Random texts that let somebody in, of which only hashes are kept. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** What is kept of a secret, and what one is looked for by: the SHA-256 of it, in base64url. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** How long it takes tells nothing of either. */
export function isSame(text: string, secret: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(text)), Buffer.from(hashOf(secret)));
}

/** Of 192 bits, in base64url. */
export function newSecret(): string {
  return randomBytes(24).toString("base64url");
}

/** Of 72 bits, in base64url; no secret. */
export function newEntryId(): string {
  return randomBytes(9).toString("base64url");
}
