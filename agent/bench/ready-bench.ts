/** From outside, each time with a new process: the command to the address and the first page, and the first message to the model's call. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startUpstream, text } from "../test/upstream/upstream";
import { printFigures } from "./statistics";

const root = join(import.meta.dir, "../..");
const rounds = 15;
/** So long after the address a person has typed a message at the earliest. */
const typedMs = 1000;

const aims: Record<string, string> = {
  "start to the address": "150",
  "the same by “bun start”": "150",
  "the very first start": "350",
  "message to the model's call, at once": "60",
  "message to the model's call, after 1 s": "60",
};

export async function benchReady(): Promise<void> {
  const upstream = startUpstream();
  const folder = mkdtempSync(join(tmpdir(), "rein-ready-"));
  const kept = join(folder, "kept");
  await (await start(kept, upstream.environment)).end();
  const samples = new Map<string, number[]>();
  const add = (name: string, ms: number) => samples.set(name, [...(samples.get(name) ?? []), ms]);
  const message = async (name: string, dataDir: string, waitMs: number) => {
    const server = await start(dataDir, upstream.environment);
    await Bun.sleep(waitMs);
    const count = upstream.requests.length;
    upstream.script([text("Hello.")]);
    const begun = performance.now();
    const answer = server.chat();
    await upstream.request(count);
    add(name, performance.now() - begun);
    await (await answer).text();
    await server.end();
  };
  for (let round = 0; round < rounds; round++) {
    for (const [name, dataDir, command] of [
      ["start to the address", kept, [process.execPath, "agent/start.ts"]],
      ["the same by “bun start”", kept, [process.execPath, "start"]],
      [
        "the very first start",
        join(folder, `ready-${round}`),
        [process.execPath, "agent/start.ts"],
      ],
    ] as const) {
      const server = await start(dataDir, upstream.environment, [...command]);
      add(name, server.printedMs);
      add(`${name}, to the first page`, server.pageMs);
      await server.end();
    }
    await message("message to the model's call, at once", kept, 0);
    await message("message to the model's call, after 1 s", kept, typedMs);
    await message("the same, at once, at the very first start", join(folder, `first-${round}`), 0);
  }
  for (const [name, values] of samples) printFigures(name, values, aims[name]);
  rmSync(folder, { recursive: true, force: true });
  await upstream.close();
}

/** Runs a server until its first page is answered. `command` is that of the sources by default. */
export async function start(
  dataDir: string,
  environment: Record<string, string>,
  command = [process.execPath, "agent/start.ts"],
) {
  const begun = performance.now();
  const child = Bun.spawn(command, {
    cwd: root,
    env: { ...process.env, ...environment, PORT: "0", REIN_DATA_DIR: dataDir },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
  });
  let printed = "";
  for await (const piece of child.stdout) {
    printed += new TextDecoder().decode(piece);
    if (/#token=\S+/.test(printed)) break;
  }
  const printedMs = performance.now() - begun;
  const { origin } = new URL(printed.match(/http:\/\/\S+/)![0]);
  await (await fetch(origin)).text();
  const pageMs = performance.now() - begun;
  return {
    pid: child.pid,
    printedMs,
    pageMs,
    chat: () =>
      fetch(`${origin}/api/chat`, {
        method: "POST",
        headers: { Authorization: `Bearer ${readFileSync(join(dataDir, "token"), "utf8").trim()}` },
        body: JSON.stringify({ message: "Hello", provider: "anthropic", model: "m" }),
      }),
    async end() {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}
