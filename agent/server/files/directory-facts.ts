/** What a directory holds, as a few yes and no for suggestions: found by its names, without running or following anything. */
import { opendir } from "node:fs/promises";
import { z } from "zod";
import type { DirectoryFacts } from "../../shared/protocol";
import { Directory } from "./directory";
import { kernelReason, RegularFile } from "./regular-file";

const maxEntries = 1000;
const maxPackageBytes = 64_000;
const testNames = new Set([
  "test",
  "tests",
  "spec",
  "__tests__",
  "pytest.ini",
  "tox.ini",
  "go.mod",
  "Cargo.toml",
]);

/** Of an absolute path without links. Throws a system error where it cannot be read, and the signal's reason. */
export async function factsOf(path: string, signal: AbortSignal): Promise<DirectoryFacts> {
  using directory = await Directory.open(path, signal);
  if ((await kernelReason(directory, signal)) !== undefined)
    return { isEmpty: false, hasRepository: false, hasTests: false };
  const names = await namesIn(directory, signal);
  return {
    isEmpty: names.size === 0,
    hasRepository: names.has(".git"),
    hasTests: !testNames.isDisjointFrom(names) || (await hasTestScript(directory, names, signal)),
  };
}

/** The first of them: a directory may hold a million. */
async function namesIn(directory: Directory, signal: AbortSignal): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const { name } of await opendir(directory.at("."))) {
    signal.throwIfAborted();
    names.add(name);
    if (names.size >= maxEntries) break;
  }
  return names;
}

const packageFile = z.object({ scripts: z.object({ test: z.string().min(1) }) });

async function hasTestScript(
  directory: Directory,
  names: Set<string>,
  signal: AbortSignal,
): Promise<boolean> {
  if (!names.has("package.json")) return false;
  try {
    using file = await RegularFile.open(directory, "package.json", signal);
    const found = packageFile.safeParse(
      JSON.parse((await file.bytes(0, maxPackageBytes, signal)).toString()),
    );
    return found.success && !found.data.scripts.test.includes("no test specified");
  } catch (error) {
    signal.throwIfAborted();
    // A link, a pipe, too large, or not JSON: it says nothing of tests.
    if (error instanceof Error) return false;
    throw error;
  }
}
