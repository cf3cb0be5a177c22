/** New ids: unguessable, safe in a URL, and short enough to read in a log. */

/** 22 characters of [A-Za-z0-9_-], 128 random bits. */
export function newId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
}
