/**
 * `bun run test:packages [binary|image]`: the single binary in bare root file systems under bubblewrap and runc, and the image's root under
 * runc as compose.yaml runs it. It needs root and Debian's packages, and takes some minutes.
 */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureInstalled, type Need } from "../system-packages";
import { startUpstream } from "../upstream/upstream";
import { debianRoot, debootstrapNeed } from "./debian-root";
import { builtBinary } from "../built-binary";
import { checkImage } from "./image-checks";
import { buildahNeed, hasProgram } from "./image";
import { type Container, inBubblewrap, killInBubblewrap, RuncContainer, userId } from "./contained";
import { adversaryStops, demoStops, page, same } from "./packaged-checks";
import { type PackagedServer, startPackaged, token } from "./packaged-server";

const needs: Need[] = [
  debootstrapNeed,
  buildahNeed,
  { name: "runc", packages: ["runc"], isThere: () => Bun.which("runc") !== null },
  { name: "Bubblewrap", packages: ["bubblewrap"], isThere: () => Bun.which("bwrap") !== null },
];

let [passed, failed] = [0, 0];
if (process.getuid?.() !== 0) finish("It makes root file systems: run it as root.");
const [missing] = ensureInstalled(needs);
if (missing) finish(`${missing.name} is not there: install ${missing.packages.join(" ")}.`);

const folder = mkdtempSync(join(tmpdir(), "rein-packages-"));
chmodSync(folder, 0o711); // an ordinary user's home is in it
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const upstream = startUpstream();
const [only] = process.argv.slice(2);
if (only !== "image") await checkBinary();
if (only !== "binary") await checkImage({ folder: join(folder, "image"), upstream, check });
await upstream.close();
finish();

async function checkBinary(): Promise<void> {
  const binary = builtBinary();
  const roots = {
    "without git": debianRoot("minimal", []),
    "with git": debianRoot("with-git", ["git", "less", "openssh-client"]),
  };
  for (const [name, root] of Object.entries(roots)) await checkRoot(name, root, binary);
}

async function checkRoot(name: string, root: string, binary: string): Promise<void> {
  const at = (where: string) => `The binary in a bare Debian ${name} under ${where}`;
  await checkBare(at("bubblewrap"), root, binary, (home, environment) =>
    startPackaged(inBubblewrap(root, home, environment, "/mnt/rein", "serve"), killInBubblewrap),
  );
  await checkBare(at("runc"), root, binary, (home, environment) => {
    const bundle = mkdtempSync(join(folder, "bundle-"));
    const container = new RuncContainer(bundle, bareContainer(root, home, environment));
    return startPackaged(container.command, (signal) => container.kill(signal));
  });
}
/** The demo, the adversaries and the end in order; what it can undo depends on git. */
async function checkBare(
  where: string,
  root: string,
  binary: string,
  start: (home: string, environment: Record<string, string>) => Promise<PackagedServer>,
): Promise<void> {
  const home = mkdtempSync(join(folder, "home-"));
  mkdirSync(join(home, "work"));
  Bun.spawnSync(["install", "-m755", binary, join(home, "rein")]);
  for (const path of [home, join(home, "work"), join(home, "rein")])
    chownSync(path, userId, userId);
  const startedAt = performance.now();
  let server: PackagedServer;
  try {
    server = await start(home, {
      HOME: "/mnt",
      PATH: "/usr/bin:/bin",
      PORT: "0",
      REIN_CWD: "/mnt/work",
      REIN_TOKEN: token,
      REIN_TITLES: "off",
      OPENAI_COMPATIBLE_BASE_URL: upstream.baseUrls["openai-chat"],
    });
  } catch (error) {
    return check(`${where} starts`, () => Promise.reject(error));
  }
  console.log(`${where}: first start in ${Math.round(performance.now() - startedAt)} ms`);
  await using serving = server;
  await check(`${where} serves its page`, () => page(serving));
  await check(`${where} has the proof of a compiled supervisor`, async () => {
    const [processes] = (await serving.level()).split("\n");
    console.log(await serving.level());
    same(processes, "Processes: a supervisor per job proves that a stop killed all of them");
  });
  await check(`${where} stops the demo four times`, () => demoStops(serving, "/mnt/work"));
  await check(`${where} ends the adversaries`, () => adversaries(serving, root, "/mnt/work"));
  await check(`${where} ends in order`, async () => {
    serving.kill("SIGTERM");
    same(await serving.exited, 0);
  });
}

async function adversaries(server: PackagedServer, root: string, cwd: string): Promise<void> {
  const left = await adversaryStops(server, upstream, cwd, (program) => hasProgram(root, program));
  if (left.length > 0) console.log(`without ${left.join(", ")}: the root lacks their programs`);
}

function bareContainer(root: string, home: string, environment: Record<string, string>): Container {
  return {
    root,
    args: ["/mnt/rein", "serve"],
    environment,
    cwd: "/mnt",
    user: { uid: userId, gid: userId },
    isReadOnly: true,
    binds: { "/mnt": home },
    tmpfs: { "/tmp": ["exec", "mode=1777"] },
    noNewPrivileges: true,
  };
}

async function check(name: string, act: () => Promise<unknown>): Promise<void> {
  const before = performance.now();
  try {
    await act();
    passed++;
    console.log(`ok ${name} (${Math.round(performance.now() - before)} ms)`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function finish(why?: string): never {
  if (why !== undefined) console.error(why);
  if (why !== undefined) failed++;
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}
