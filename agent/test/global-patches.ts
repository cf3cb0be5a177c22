/**
 * Bun runs many test files in one process, so a global that one of them changes is changed for the others too: no test may
 * assign to globals. A test sets the environment of a child process, or passes the dependency. A spy on an object of ours
 * is allowed: `afterEach` restores it. `bun run check` enforces this.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const exempt = new Set([
  // They run in a process of their own.
  "sweep/leak-detector.ts",
  "killed-migration.ts",
  // Their functions run in a page.
  "browsers/in-page.ts",
  "browsers/newer-features.ts",
  // Restored in its afterAll; there is no other way to see SQLite's setting inside a transaction.
  "durability.test.ts",
]);

const assigned = String.raw`\s*(?:[+\-*/|&?]{0,2}=)(?![=>])`;
const names = "console|Date|Math|JSON|Bun|performance|crypto|process|navigator|global";
const patterns = [
  String.raw`\b(?:globalThis|process\.env)(?:\.\w+|\[[^\]]+\])${assigned}`,
  String.raw`\bprocess\.env${assigned}`,
  String.raw`\b(?:${names})\.(?!exitCode\b)\w+${assigned}`,
  String.raw`\bdelete (?:globalThis|process\.env)\b`,
  String.raw`\w\.prototype(?:\.\w+|\[[^\]]+\])${assigned}`,
  String.raw`\bObject\.(?:assign|definePropert(?:y|ies))\(\s*(?:globalThis|process\b|(?:${names})\b|\w+\.prototype)`,
  String.raw`^\s*(?:fetch|setTimeout|setInterval|setImmediate|clearTimeout|clearInterval|queueMicrotask)${assigned}`,
  String.raw`\b(?:setSystemTime|useFakeTimers|mock\.module)\(|\bspyOn\(\s*(?:globalThis|${names})\b`,
].map((source) => new RegExp(source, "m"));

/** Every assignment to a global in a test, as a sentence. */
export function globalPatchFaults(): string[] {
  const files = [...new Bun.Glob("**/*.ts").scanSync({ cwd: import.meta.dir })].toSorted();
  return files
    .filter((file) => !exempt.has(file))
    .flatMap((file) => globalPatchesIn(readFileSync(join(import.meta.dir, file), "utf8"), file));
}

export function globalPatchesIn(text: string, file: string): string[] {
  return patterns.flatMap((pattern) => {
    const found = pattern.exec(text)?.[0].trim();
    return found === undefined ? [] : [`test/${file} changes a global for all tests: ${found}`];
  });
}
