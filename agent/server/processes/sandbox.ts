/**
 * Runs a job in a bwrap sandbox: it has no rights of root and namespaces of its own, sees none of the server's data, and
 * writes only where it may.
 */
import { type BigIntStats, closeSync, openSync } from "node:fs";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sentence } from "../../shared/protocol";
import { inWords, sentence } from "../../shared/sentences";
import { Directory } from "../files/directory";
import type { JobRequest, Sandbox } from "./jobs";
import { kernelMounts, mountsFor, type MountPlaces } from "./sandbox-mounts";
import { seccompFilter } from "./seccomp";
import { exitWithin, noteSpawned } from "./spawn";

/** What confines a job here, found once. */
export interface SandboxTools extends MountPlaces {
  bwrap: string;
  /** How to leave the host's namespaces and rights, and the mounts that every job has. */
  isolation: string[];
  /** The file of the seccomp filter. */
  filter: string;
}

/** Why there is no sandbox, for people. */
export interface NoSandbox {
  lack: Sentence;
}

/** A machine under load is given time: what waits for the trial can be stopped meanwhile. */
const trialMs = 5000;

/** A request whose command enters its sandbox by itself. */
export interface ConfinedRequest extends JobRequest {
  /** The file that its program gets open as descriptor 5. */
  filter?: string;
}

/** Tries it, since some systems have bwrap and forbid it. `dataDir` is without links; some files are put in it. */
export async function findSandbox(
  dataDir: string,
  bwrap = Bun.which("bwrap"),
): Promise<SandboxTools | NoSandbox> {
  if (bwrap === null) return { lack: sentence("bubblewrap is not installed") };
  const files = await writeFiles(join(dataDir, "sandbox"));
  if (files === undefined)
    return { lack: sentence("not on {architecture}", { architecture: process.arch }) };
  let lack: Sentence | undefined;
  // Not every bwrap can forbid further user namespaces by itself; the filter does too.
  for (const more of [["--disable-userns"], []]) {
    const all = [...isolation, ...more, ...(await kernelMounts(files))];
    const tools = { bwrap, dataDir, isolation: all, ...files };
    const { exitCode, stderr } = await tryOut(tools);
    if (exitCode === undefined) return { lack: sentence("bubblewrap does not answer") };
    if (exitCode === 0) return tools;
    const errors = await new Response(stderr).text();
    // What it says itself stays as it is.
    const reason = errors.trim().split("\n").at(-1) ?? "";
    lack = sentence("bubblewrap fails: {reason}", { reason });
  }
  return { lack: lack! };
}

/**
 * The same request, run in a sandbox if it asks for one. Rejects where a sandbox is asked for and cannot be had, and when
 * a path of the request does not exist.
 */
export async function confine(
  request: JobRequest,
  tools: SandboxTools | NoSandbox,
): Promise<ConfinedRequest> {
  const { sandbox, cwd } = request;
  if (sandbox === undefined) return request;
  if ("lack" in tools)
    throw new Error(
      `this command needs a sandbox, and there is none (${inWords(tools.lack)}): install the package bubblewrap, or allow user namespaces`,
    );
  const mounts = await mountsFor(request, sandbox, tools);
  const last = ["--setenv", "TMPDIR", "/tmp", "--chdir", cwd, "--", ...(await onlyIn(cwd))];
  return {
    ...request,
    filter: tools.filter,
    command: [...enter(tools, sandbox), ...mounts, ...last, ...request.command],
  };
}

/**
 * bwrap mounts directories by name, so another job could put a link in the place of this one's directory meanwhile: the
 * command starts only if it is still the same one. Exits with 126 otherwise.
 */
async function onlyIn(cwd: string): Promise<string[]> {
  const { dev, ino } = await identityOf(cwd);
  const words = "The working directory was replaced while the command started, so nothing was run.";
  // `stat` is the one process that is forked before the command: shown-processes.ts tells it by that.
  const script = `[ "$(exec stat -c %d:%i .)" = "$0" ] && exec "$@"; echo "${words}" >&2; exit 126`;
  return ["/bin/sh", "-c", script, `${dev}:${ino}`];
}

/** Rejects where a part of the path is a link, which could be changed. */
async function identityOf(cwd: string): Promise<BigIntStats> {
  const signal = AbortSignal.timeout(lookMs);
  try {
    using directory = await Directory.open(cwd, signal);
    return await directory.use(() => stat(directory.at("."), { bigint: true }), signal);
  } catch (cause) {
    throw new Error(`${cwd} is not a directory that a command can work in: ${String(cause)}`, {
      cause,
    });
  }
}

const lookMs = 10_000;

async function tryOut(
  tools: SandboxTools,
): Promise<{ exitCode: number | undefined; stderr: ReadableStream }> {
  const filter = openSync(tools.filter, "r");
  const child = noteSpawned(
    Bun.spawn([...enter(tools, { network: false }), "--", "true"], {
      stdio: ["ignore", "ignore", "pipe", "ignore", "ignore", filter],
      detached: true,
    }),
  );
  closeSync(filter);
  return { exitCode: await exitWithin(child, trialMs), stderr: child.stderr };
}

/**
 * In a user namespace root has no rights outside of it, and without capabilities none inside. bwrap sets no_new_privs: a
 * set-user-id program gains nothing. The supervisor has already put the job in a session of its own.
 */
const isolation = [
  ..."--unshare-user --unshare-pid --unshare-ipc --unshare-uts".split(" "),
  ..."--unshare-cgroup-try --cap-drop ALL".split(" "),
];

/** bwrap takes its filter from an open descriptor. */
function enter({ bwrap, isolation }: SandboxTools, { network }: Sandbox): string[] {
  const ownNetwork = network === true ? [] : ["--unshare-net"];
  return [bwrap, "--seccomp", "5", ...ownNetwork, ...isolation];
}

/** Undefined where no filter is known for this architecture. */
async function writeFiles(
  folder: string,
): Promise<Pick<SandboxTools, "filter" | "empty"> | undefined> {
  const program = seccompFilter();
  if (program === undefined) return undefined;
  const files = { filter: join(folder, "filter"), empty: join(folder, "empty") };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(files.filter, program);
  await writeFile(files.empty, "");
  return files;
}
