/** A temporary directory that is removed at the end: of the tests of the file that needs it, or of the program. */
import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Call it at the top level of a module. */
export function temporaryDirectory(prefix: string): string {
  const path = mkdtempSync(join(tmpdir(), prefix));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  try {
    afterAll(remove);
  } catch {
    process.on("exit", remove); // a program, and not a test
  }
  return path;
}
