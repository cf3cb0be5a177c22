/** The single binary beside the sources: from the command to the first page, its size and its memory. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtBinary } from "../test/built-binary";
import { start } from "./ready-bench";
import { printFigures, printValue, residentMb } from "./statistics";

const rounds = 15;

export async function benchBinary(): Promise<void> {
  const binary = builtBinary();
  const folder = mkdtempSync(join(tmpdir(), "rein-binary-bench-"));
  const sources = [process.execPath, "agent/start.ts"];
  const samples = new Map<string, number[]>();
  let residentMegabytes = 0;
  const time = async (name: string, dataDir: string, command: string[]) => {
    const server = await start(join(folder, dataDir), {}, command);
    samples.set(name, [...(samples.get(name) ?? []), server.pageMs]);
    if (command !== sources) residentMegabytes = residentMb(server.pid);
    await server.end();
  };
  // In turns, so that load of the machine meets both.
  for (let round = 0; round < rounds; round++) {
    await time("one file, its first start", `new-${round}`, [binary, "serve"]);
    await time("one file, a further start", `new-${round}`, [binary, "serve"]);
    leaveMemory(binary);
    await time("the same, read from the disk", `new-${round}`, [binary, "serve"]);
    await time("sources, the first start", `sources-${round}`, sources);
    await time("sources, a further start", `sources-${round}`, sources);
  }
  for (const [name, values] of samples)
    printFigures(`${name}, to the first page`, values, name.includes("one file") ? "500" : "");
  printValue("size of the file", `${(statSync(binary).size / 1e6).toFixed(0)} MB`);
  printValue("memory of the idle server", `${residentMegabytes.toFixed(0)} MB`);
  rmSync(folder, { recursive: true, force: true });
}

/** What the system keeps of the file in memory is dropped, as after a restart of the machine. */
function leaveMemory(path: string): void {
  Bun.spawnSync(["dd", `if=${path}`, "iflag=nocache", "count=0"]);
}
