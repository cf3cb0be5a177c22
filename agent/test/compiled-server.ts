/**
 * The server in one file with its bytecode, for the many starts of `bun run test`: it starts with less than half of the work,
 * of which most is to read and parse a thousand files. A file of tests that is run alone starts the server from its sources.
 */
import { join } from "node:path";

/** In the environment of the tests: the compiled server's path. */
export const compiledServerVariable = "REIN_TEST_SERVER";

const root = join(import.meta.dir, "../..");

// Not in `.cache`, which is for its owner alone: some servers run as another user.
const outdir = join(root, "node_modules/.compiled");
/** Two folders deep as `server/index.ts` is, from where it finds Rein's other files. */
export const compiledServer = join(outdir, "server.js");

/** The program of a server: the compiled one in a run of all tests, else the sources. */
export function serverProgram(): string {
  return process.env[compiledServerVariable] ?? join(root, "agent/server/index.ts");
}

// A process of its own, begun once the packages are there: Bun remembers that a folder was not, as in a fresh clone.
if (import.meta.main)
  await Bun.build({
    entrypoints: [join(root, "agent/server/index.ts")],
    outdir,
    naming: "server.js",
    target: "bun",
    // Bun has bytecode beside a file in this format alone.
    format: "cjs",
    bytecode: true,
    minify: { whitespace: true, syntax: true, identifiers: false },
    // It is for `--dev` alone, and asks for packages that are not installed.
    external: ["vite"],
  });
