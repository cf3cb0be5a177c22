/** Gives sandboxed commands caches that they can write: the home is read-only, and the person's own caches stay clean. */
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "../files/remove-tree";
import type { JobRequest, Sandbox } from "./jobs";

/**
 * The same request in this sandbox, with a directory for caches that the commands of its working directory share: what
 * one project puts there is never read in another. Rejects with what the file system throws.
 */
export async function withOwnCaches(
  request: JobRequest,
  sandbox: Sandbox,
  dataDir: string,
): Promise<JobRequest> {
  const folder = folderOf(request.cwd, dataDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    ...request,
    env: { ...cacheVariables(folder), ...request.env },
    sandbox: { ...sandbox, writable: [...(sandbox.writable ?? []), folder] },
  };
}

/** Rejects with what the file system throws. */
export async function removeCaches(cwd: string, dataDir: string): Promise<void> {
  await removeTree(folderOf(cwd, dataDir));
}

function folderOf(cwd: string, dataDir: string): string {
  return join(dataDir, "caches", createHash("sha256").update(cwd).digest("hex"));
}

/** Where programs keep what they download: by the common variable, or by their own where they ignore that one. */
function cacheVariables(folder: string): Record<string, string> {
  return {
    XDG_CACHE_HOME: folder, // pip, uv, go build, deno, yarn 1, pre-commit, and others
    npm_config_cache: join(folder, "npm"),
    PNPM_HOME: join(folder, "pnpm"), // and not npm_config_store_dir, of which npm warns at each call
    pnpm_config_store_dir: join(folder, "pnpm/store"), // pnpm 11 or later, wherever the project is
    BUN_INSTALL_CACHE_DIR: join(folder, "bun"),
    CARGO_HOME: join(folder, "cargo"),
    GOMODCACHE: join(folder, "go"),
    GRADLE_USER_HOME: join(folder, "gradle"),
  };
}
