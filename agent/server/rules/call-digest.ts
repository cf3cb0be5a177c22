/** The digest of a tool call: a reply to its approval is for exactly this call. */
import type { Access } from "../../shared/rules";

/**
 * SHA-256 (hex) of the tool's name, its input as it was validated, the working directory without links, and what the input
 * leads to now. Two calls with one digest do the same.
 */
export function callDigest(tool: string, input: unknown, cwd: string, access: Access): string {
  const text = JSON.stringify([tool, input, cwd, access]);
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
