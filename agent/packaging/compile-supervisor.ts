/** Compiles the supervisor so that it needs no library of the machine it will run on: any Linux, whatever its C library. */
import { dirname } from "node:path";
import { mkdirSync } from "node:fs";
import { readyMade } from "../server/processes/linux/supervisor/compile";
import { programFile } from "../server/program-files";
import type { Target } from "./targets";

/** The prefix of a cross compiler's programs, and the package that has it in Debian. */
const cross = {
  x64: { prefix: "x86_64-linux-gnu-", debian: "gcc-x86-64-linux-gnu" },
  arm64: { prefix: "aarch64-linux-gnu-", debian: "gcc-aarch64-linux-gnu" },
};

/** Throws an Error that names what to install. */
export function compileFor({ name, platform, arch }: Target, output: string): void {
  const isOwn = platform === process.platform && arch === process.arch;
  const compiler = isOwn ? "cc" : `${cross[arch].prefix}gcc`;
  const advice = isOwn ? "a C compiler" : `a cross compiler (in Debian: ${cross[arch].debian})`;
  if (Bun.which(compiler) === null)
    throw new Error(`For ${name} the supervisor is compiled by “${compiler}”; install ${advice}.`);
  mkdirSync(dirname(output), { recursive: true });
  const source = programFile(`${readyMade}.c`);
  const { success, stderr } = Bun.spawnSync([
    compiler,
    "-O2",
    "-static",
    "-s",
    "-o",
    output,
    source,
  ]);
  if (!success)
    throw new Error(
      `“${compiler} -static” could not compile the supervisor:\n${stderr.toString()}`,
    );
}
