/**
 * `bun run build:binary [--target linux-x64|linux-arm64|darwin-x64|darwin-arm64]`: one file with all of Rein in it, in
 * agent/packaging/dist.
 */
import { mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installTerminalPackages, isOlder, runBun, StepFailed } from "../prepare";
import { programFile } from "../server/program-files";
import { contentName, listName } from "../server/unpack-program";
import { programContent } from "./program-content";
import { type Target, targetNamed } from "./targets";
import { withoutOthersPackages } from "./missing-packages";

try {
  const { target } = parseArgs({ options: { target: { type: "string" } } }).values;
  await build(targetNamed(target));
} catch (error) {
  if (error instanceof StepFailed) process.stderr.write(error.output);
  console.error(`The binary was not built: ${(error as Error).message}`);
  process.exit(1);
}

async function build(target: Target): Promise<void> {
  installTerminalPackages(console.log);
  if (
    isOlder(programFile("agent/dist/index.html"), ["agent/client", "agent/shared", "package.json"])
  )
    runBun(["run", "build", "--logLevel", "warn"]);
  const dist = programFile("agent/packaging/dist");
  const work = join(dist, `parts-${target.name}`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, "files"), { recursive: true });
  const { list, bytes } = await programContent(target, join(work, "files"));
  const packed = Bun.zstdCompressSync(bytes, { level: 19 });
  await Bun.write(join(work, listName), JSON.stringify(list));
  await Bun.write(join(work, contentName), packed);
  const output = join(dist, `rein-${target.name}`);
  await compile(target, work, join(work, "rein"));
  // One that runs, or is begun meanwhile, is not changed.
  renameSync(join(work, "rein"), output);
  rmSync(work, { recursive: true, force: true });
  const { size } = statSync(output);
  console.log(
    `${output}: ${megabytes(size)}, in it ${list.files.length} files of ${megabytes(bytes.length)} (packed ${megabytes(packed.length)})`,
  );
}

/** Embeds what is in `work`: an asset is found by its path from the working directory. */
async function compile({ bun }: Target, work: string, outfile: string): Promise<void> {
  process.chdir(work);
  await Bun.build({
    entrypoints: [programFile("agent/packaging/binary-entry.ts")],
    target: "bun",
    format: "esm",
    bytecode: true,
    minify: { whitespace: true, syntax: true, identifiers: false },
    plugins: [withoutOthersPackages],
    compile: {
      target: bun,
      outfile,
      assets: [listName, contentName],
      // A directory must not run code by being worked in.
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
