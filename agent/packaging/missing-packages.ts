/**
 * Packages that are not in the single binary. Bun would look for them at run time in `node_modules` of the directory that it
 * was started in, which would so run code of a project: a module that throws takes the place of each.
 */
import type { BunPlugin } from "bun";
import { isBuiltin } from "node:module";
import { dirname } from "node:path";

/** Installed here, but for a checkout alone. */
const left = new Set(["vite"]);

/** For a build: what cannot be resolved, or is left out, fails where it is imported, and nowhere else. */
export const withoutOthersPackages: BunPlugin = {
  name: "without others' packages",
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, importer }) =>
      isThere(path, importer) ? undefined : { path, namespace: "missing" },
    );
    build.onLoad({ filter: /./, namespace: "missing" }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`“${path}” is not in this binary.`)});`,
      loader: "js",
    }));
  },
};

function isThere(path: string, importer: string): boolean {
  if (isBuiltin(path) || path.startsWith("bun:")) return true;
  if (left.has(path)) return false;
  try {
    Bun.resolveSync(path, dirname(importer));
    return true;
  } catch {
    return false; // an optional dependency that is not installed
  }
}
