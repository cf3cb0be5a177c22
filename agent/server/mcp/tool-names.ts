/** What the model calls a server's tool: `mcp__server__tool`, in the letters that every service takes, and unique. */
import { createHash } from "node:crypto";

/** The longest that all services take: OpenAI's and Anthropic's `^[a-zA-Z0-9_-]{1,64}$`. */
const longest = 64;

/** Two tools never have the same name: one that had to be changed ends with a hash of what it was. */
export function toolName(server: string, tool: string): string {
  const plain = `mcp__${server}__${tool}`;
  if (plain.length <= longest && /^[\w-]+$/.test(plain) && !hashed.test(plain)) return plain;
  const hash = createHash("sha256").update(plain).digest("hex").slice(0, 8);
  const letters = plain.replaceAll(/[^a-zA-Z0-9_-]/g, "_");
  return `${letters.slice(0, longest - hash.length - 1)}_${hash}`;
}

/** A server's own name that ends like one with a hash could be made to meet another's. */
const hashed = /_[0-9a-f]{8}$/;
