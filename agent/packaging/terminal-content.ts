/** The terminal face in the single binary: its bundle, and beside it the native library that draws. */
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { bundleTerminal } from "../terminal/bundle-terminal";
import { withoutOthersPackages } from "./missing-packages";
import { nativePackage } from "./native-packages";
import type { Target } from "./targets";

/** Without that library it says so, and leaves the face out. Throws StepFailed when its package cannot be installed. */
export async function addTerminal(target: Target, folder: string): Promise<void> {
  const name = `@opentui/core-${target.name}`;
  const from = nativePackage(name, target);
  if (from === undefined) {
    console.log(`Without the full screen in a terminal: bun.lock has no ${name}.`);
    return;
  }
  const library = readdirSync(from).find((file) => /^libopentui\.(so|dylib)$/.test(file));
  if (library === undefined) throw new Error(`${name} has no library of the name expected.`);
  const dist = join(folder, "agent/terminal/dist");
  mkdirSync(dist, { recursive: true });
  copyFileSync(join(from, library), join(dist, library));
  await bundleTerminal(dist, [besides(name, library), withoutParsers, withoutOthersPackages], []);
}

/** The package of the library is the path of the file beside the bundle. */
function besides(name: string, library: string): Bun.BunPlugin {
  const filter = new RegExp(`^${RegExp.escape(name)}$`);
  return {
    name: "the native library",
    setup(build) {
      build.onResolve({ filter }, () => ({ path: library, namespace: "library" }));
      build.onLoad({ filter: /./, namespace: "library" }, ({ path }) => ({
        contents: `export default import.meta.dir + ${JSON.stringify(`/${path}`)};`,
        loader: "js",
      }));
    },
  };
}

/** OpenTUI colours code by parsers of 3.5 MB, which this face does not use: it has the words of the page's highlighter. */
const withoutParsers: Bun.BunPlugin = {
  name: "without parsers",
  setup(build) {
    build.onResolve({ filter: /\.(wasm|scm)$|\/parser\.worker$/ }, ({ path }) => ({
      path,
      namespace: "parser",
    }));
    build.onLoad({ filter: /./, namespace: "parser" }, () => ({
      contents: 'export default "/not-in-this-binary";',
      loader: "js",
    }));
  },
};
