/** Temporary directories, which are removed at the end of their use. */
import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Removed when it is disposed of. */
export function temporaryDirectory(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "rein-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Removed after the tests of the file that needs it, or at the end of the program; call it at the top level of a module. */
export function lastingDirectory(prefix: string): string {
  const path = mkdtempSync(join(tmpdir(), prefix));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  try {
    afterAll(remove);
  } catch {
    process.on("exit", remove); // a program, and not a test
  }
  return path;
}
