/** The token of one conversation: what an engine sends in the place of a key. */
import { timingSafeEqual } from "node:crypto";

/** 256 random bits, in characters that every header and variable takes. */
export function newToken(): string {
  return `rein-${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url")}`;
}

/** Whether the request has it, wherever the clients of the wires put a key. The time it takes says nothing of the token. */
export function hasToken({ headers }: Request, query: URLSearchParams, token: string): boolean {
  const sent = [
    headers.get("authorization")?.replace(/^Bearer /i, ""),
    headers.get("x-api-key"),
    headers.get("x-goog-api-key"),
    query.get("key"),
  ];
  return sent.filter((one) => one != null).some((one) => isSame(one, token));
}

function isSame(one: string, other: string): boolean {
  return timingSafeEqual(hashOf(one), hashOf(other));
}

function hashOf(text: string): Buffer {
  return new Bun.CryptoHasher("sha256").update(text).digest();
}
