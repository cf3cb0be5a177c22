/**
 * Runs a job in a bwrap sandbox: it has no rights of root and namespaces of its own, sees none of the server's data, and
 * writes only where it may.
 */
import { closeSync, openSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JobRequest, Sandbox } from "./jobs";
import { kernelMounts, mountsFor, type MountPlaces } from "./sandbox-mounts";
import { seccompFilter } from "./seccomp";

/** What confines a job here, found once. */
export interface SandboxTools extends MountPlaces {
  bwrap: string;
  /** How to leave the host's namespaces and rights, and the mounts that every job has. */
  isolation: string[];
  filters: { hostNetwork: string; ownNetwork: string };
}

/** Why there is no sandbox, for people. */
export interface NoSandbox {
  lack: string;
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
  if (bwrap === null) return { lack: "bubblewrap is not installed" };
  const files = await writeFiles(join(dataDir, "sandbox"));
  if (files === undefined) return { lack: `not on ${process.arch}` };
  let lack = "";
  // Not every bwrap can forbid further user namespaces by itself; the filter does too.
  for (const more of [["--disable-userns"], []]) {
    const all = [...isolation, ...more, ...(await kernelMounts(files))];
    const tools = { bwrap, dataDir, isolation: all, ...files };
    const { isLate, errors } = await tryOut(tools);
    if (isLate) return { lack: "bubblewrap does not answer" };
    if (errors === undefined) return tools;
    lack = `bubblewrap fails: ${errors.trim().split("\n").at(-1)}`;
  }
  return { lack };
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
      `this command needs a sandbox, and there is none (${tools.lack}): install the package bubblewrap, or allow user namespaces`,
    );
  const mounts = await mountsFor(request, sandbox, tools);
  const last = ["--setenv", "TMPDIR", "/tmp", "--chdir", cwd, "--"];
  return {
    ...request,
    filter: filterOf(tools, sandbox),
    command: [...enter(tools, sandbox), ...mounts, ...last, ...request.command],
  };
}

interface Trial {
  isLate: boolean;
  /** What bwrap says when it fails; undefined when it works. */
  errors?: string;
}

/** Where it takes too long, all of its processes are killed. */
async function tryOut(tools: SandboxTools): Promise<Trial> {
  const sandbox = { network: false };
  const filter = openSync(filterOf(tools, sandbox), "r");
  const child = Bun.spawn([...enter(tools, sandbox), "--", "true"], {
    stdio: ["ignore", "ignore", "pipe", "ignore", "ignore", filter],
    detached: true,
  });
  closeSync(filter);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    process.kill(-child.pid, "SIGKILL");
  }, trialMs);
  const exitCode = await child.exited;
  clearTimeout(timer);
  if (isLate || exitCode === 0) return { isLate };
  return { isLate, errors: await new Response(child.stderr).text() };
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

function filterOf({ filters }: SandboxTools, { network }: Sandbox): string {
  return network === true ? filters.hostNetwork : filters.ownNetwork;
}

/** Undefined where no filter is known for this architecture. */
async function writeFiles(
  folder: string,
): Promise<Pick<SandboxTools, "filters" | "empty"> | undefined> {
  const hostNetwork = seccompFilter({ unixSockets: false });
  const ownNetwork = seccompFilter({ unixSockets: true });
  if (hostNetwork === undefined || ownNetwork === undefined) return undefined;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const write = async (name: string, content: Uint8Array | string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
  return {
    filters: {
      hostNetwork: await write("filter-host-network", hostNetwork),
      ownNetwork: await write("filter-own-network", ownNetwork),
    },
    empty: await write("empty", ""),
  };
}
