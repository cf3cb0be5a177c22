/** Opens the terminal face: builds it when it is older than its sources, and shows it until the person exits. */
import { buildTerminal } from "./build-terminal";
import { programFile } from "../server/program-files";
import type { NoScreen, TerminalOptions } from "./terminal-options";

export type { TerminalOptions };

/**
 * Resolves with the exit code, when the terminal is as it was before; at once where the screen cannot be drawn. Throws when
 * the face cannot be built or loaded: its packages are missing, or this machine has none for it.
 */
export async function openTerminal(options: TerminalOptions): Promise<number | NoScreen> {
  buildTerminal();
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- made by the build, which a check may come before
  const face: typeof import("./terminal-main") = await import(
    programFile("agent/terminal/dist/terminal-main.js")
  );
  return face.runTerminal(options);
}
