/** What goes into the single binary besides its own code: the files that Rein serves, and the programs that it starts. */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readyMade } from "../server/processes/linux/supervisor/compile";
import { programFile } from "../server/program-files";
import { type ProgramFile, type ProgramList, sha256 } from "../server/unpack-program";
import { compileFor } from "./compile-supervisor";
import { nativePackage } from "./native-packages";
import type { Target } from "./targets";

/** Scripts that run in processes of their own, each bundled to one file. */
const scripts = [
  "agent/server/processes/linux/enter-account.ts",
  "agent/server/processes/linux/supervisor/supervise.ts",
  "agent/server/processes/network/listen-inside.ts",
  "agent/server/tools/web/page-converter.ts",
];

/** Read as they are. */
const texts = [
  "agent/client/styles/tokens.css",
  "agent/server/engines/acp/gemini-policy.toml",
  "agent/server/http/openapi/reference.css",
  "agent/server/tools/bash/shell.bash",
];

export interface ProgramContent {
  list: ProgramList;
  /** The files one after another. */
  bytes: Uint8Array;
}

/** Builds it in `folder`, which has to be empty. Throws an Error that says what is missing. */
export async function programContent(target: Target, folder: string): Promise<ProgramContent> {
  await bundleScripts(folder);
  for (const path of [...texts, ...pageFiles()]) copy(programFile(path), join(folder, path));
  addRipgrep(target, folder);
  if (target.platform === "linux") compileFor(target, join(folder, readyMade));
  const { addTerminal } = await import("./terminal-content");
  await addTerminal(target, folder);
  return contentOf(folder);
}

function addRipgrep(target: Target, folder: string): void {
  const name = `@vscode/ripgrep-${target.name}`;
  const from = nativePackage(name, target);
  if (from === undefined) throw new Error(`bun.lock has no ${name}.`);
  copy(join(from, "bin/rg"), join(folder, "node_modules", name, "bin/rg"));
}

async function bundleScripts(folder: string): Promise<void> {
  for (const path of scripts) {
    const outdir = dirname(join(folder, path));
    await Bun.build({ entrypoints: [programFile(path)], outdir, target: "bun", minify: true });
  }
}

function pageFiles(): string[] {
  return [...new Bun.Glob("agent/dist/**/*").scanSync({ cwd: programFile("."), dot: true })];
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

function contentOf(folder: string): ProgramContent {
  const paths = [...new Bun.Glob("**/*").scanSync({ cwd: folder, dot: true })].toSorted();
  const all = paths.map((path) => readFileSync(join(folder, path)));
  const files = paths.map((path, at): ProgramFile => {
    const isExecutable = /\/(rg|supervise)$/.test(path);
    return { path, bytes: all[at]!.length, isExecutable, sha256: sha256(all[at]!) };
  });
  const hash = sha256(Buffer.from(JSON.stringify(files))).slice(0, 16);
  return { list: { hash, files }, bytes: Buffer.concat(all) };
}
