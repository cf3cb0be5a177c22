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

const lasting: string[] = [];
const removeLasting = (): void => {
  for (const path of lasting) rmSync(path, { recursive: true, force: true });
};
try {
  // `bunfig.toml` loads this module before the tests, so that it is called after the last file of this process.
  afterAll(removeLasting);
} catch {
  process.on("exit", removeLasting); // a program, and not a test
}

/** Removed after all tests of this process, or at the end of the program. */
export function lastingDirectory(prefix: string): string {
  const path = mkdtempSync(join(tmpdir(), prefix));
  lasting.push(path);
  return path;
}
