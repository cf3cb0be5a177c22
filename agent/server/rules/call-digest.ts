/** The digest of a tool call: a reply to its approval is for exactly this call. */
import type { Access } from "../../shared/rules";

/**
 * SHA-256 (hex) of the tool's name, its input as it was validated, the working directory without links, and what the input
 * leads to now: the file, or the command with the shell's directory. `asks`: why a hook has it asked.
 */
export function callDigest(
  tool: string,
  input: unknown,
  cwd: string,
  access: Access,
  asks?: string,
): string {
  // Parallel commands change the state of their shell all the time; an approval does not show it.
  const shown = access.kind === "command" ? { ...access, state: undefined } : access;
  const text = JSON.stringify([tool, input, cwd, shown, ...(asks === undefined ? [] : [asks])]);
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
