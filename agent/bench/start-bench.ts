/** The time to the first page, the memory of the server and the size of the page. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRein } from "../test/rein";
import { hang, startUpstream } from "../test/upstream/upstream";
import { printValue, residentMb } from "./statistics";

const root = join(import.meta.dir, "../..");
const runningSessions = 50;

/** What `bun start` runs, in a fresh copy (packages fetched, or from Bun's cache where it has them), then again. */
export async function benchStart(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "rein-fresh-"));
  for (const name of ["package.json", "bun.lock", "bunfig.toml", "agent"])
    cpSync(join(root, name), join(folder, name), {
      recursive: true,
      filter: (path) => !path.endsWith("agent/dist"),
    });
  const cache = join(folder, "cache");
  for (const [name, environment, aim] of [
    ["cold start, nothing cached", { BUN_INSTALL_CACHE_DIR: cache }, "under 10 s"],
    ["warm start", { BUN_INSTALL_CACHE_DIR: cache }, "under 2 s"],
  ] as const)
    printValue(
      `${name}, to the first page`,
      `${(await timeStart(folder, environment)).toFixed(2)} s`,
      aim,
    );
  rmSync(folder, { recursive: true, force: true });
}

/** Seconds from the command to an answered page. */
async function timeStart(folder: string, environment: Record<string, string>): Promise<number> {
  const begun = performance.now();
  const child = Bun.spawn([process.execPath, "agent/start.ts"], {
    cwd: folder,
    env: { ...process.env, ...environment, PORT: "0", REIN_DATA_DIR: join(folder, "data") },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  let printed = "";
  let address: string | undefined;
  for await (const piece of child.stdout) {
    printed += new TextDecoder().decode(piece);
    address = printed.match(/http:\/\/\S+#token=\S+/)?.[0];
    if (address !== undefined) break;
  }
  if (address === undefined) throw new Error(`bun start printed no address: ${printed}`);
  const page = await fetch(new URL(address).origin);
  if (!page.ok) throw new Error(`The first page answered ${page.status}`);
  await page.text();
  const seconds = (performance.now() - begun) / 1000;
  child.kill("SIGTERM");
  await child.exited;
  return seconds;
}

/** Resident memory of the server, idle and with sessions whose model is silent. */
export async function benchMemory(): Promise<void> {
  const upstream = startUpstream();
  upstream.route(() => [hang]);
  await using rein = await startRein({
    environment: { OPENAI_COMPATIBLE_BASE_URL: upstream.baseUrls["openai-chat"] },
  });
  printValue("memory of the idle server", `${residentMb(rein.pid).toFixed(0)} MB`);
  const start = () =>
    rein.chat({ message: "Go", provider: "openai-chat", model: "m", onDisconnect: "continue" });
  // The first loads the SDK.
  const first = start();
  await upstream.request(0);
  const before = residentMb(rein.pid);
  const chats = Array.from({ length: runningSessions }, start);
  await upstream.request(runningSessions);
  const each = (residentMb(rein.pid) - before) / runningSessions;
  printValue("with the first SDK loaded", `${before.toFixed(0)} MB`);
  printValue("for each further running session", `${each.toFixed(2)} MB (n = ${runningSessions})`);
  await rein.json("/api/stop", { method: "POST", body: "{}" });
  await Promise.all([first, ...chats].map((chat) => chat.ended));
  await upstream.close();
}

/** What the browser loads before the page can be used, in its transferred size. */
export function benchSize(): void {
  const assets = join(root, "agent/dist/assets");
  const index = readFileSync(join(root, "agent/dist/index.html"), "utf8");
  for (const [name, ending, aim] of [
    ["first page's script, compressed", ".js", "under 100 kB"],
    ["first page's styles, compressed", ".css", ""],
  ] as const) {
    const files = readdirSync(assets).filter(
      (file) => file.endsWith(ending) && index.includes(file),
    );
    const bytes = files.reduce(
      (sum, file) => sum + Bun.gzipSync(readFileSync(join(assets, file))).length,
      0,
    );
    printValue(name, `${(bytes / 1000).toFixed(1)} kB`, aim);
  }
}
