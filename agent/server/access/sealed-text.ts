/** What a browser keeps for this server: it can neither read nor change it, and the server remembers nothing of it. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const method = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** The key for one purpose, of the script token, which all nodes of a cluster have. */
export function sealKey(token: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", token, "", purpose, 32));
}

/** In base64url. */
export function seal(text: string, key: Buffer): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(method, key, nonce);
  const sealed = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
}

/** Undefined for what was not sealed with this key. */
export function unseal(sealed: string, key: Buffer): string | undefined {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.length < nonceBytes + tagBytes) return undefined;
  const tagEnd = nonceBytes + tagBytes;
  const decipher = createDecipheriv(method, key, bytes.subarray(0, nonceBytes));
  decipher.setAuthTag(bytes.subarray(nonceBytes, tagEnd));
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(tagEnd)), decipher.final()]);
    return text.toString();
  } catch {
    return undefined; // its tag is wrong
  }
}
