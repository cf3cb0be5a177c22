/**
 * Runs a job in a bwrap sandbox: it has no rights of root and namespaces of its own, sees none of the server's data, and
 * writes only where it may.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JobRequest, Sandbox } from "./jobs";
import { kernelMounts, mountsFor, type MountPlaces } from "./sandbox-mounts";
import { seccompFilter } from "./seccomp";

/** What confines a job here, found once. */
export interface SandboxTools extends MountPlaces {
  bwrap: string;
  /** How to leave the host's namespaces and rights. */
  isolation: string[];
  filters: { hostNetwork: string; ownNetwork: string };
}

/** Why there is no sandbox, for people. */
export interface NoSandbox {
  lack: string;
}

/** Tries it, since some systems have bwrap and forbid it. `dataDir` is without links; some files are put in it. */
export async function findSandbox(dataDir: string): Promise<SandboxTools | NoSandbox> {
  const bwrap = Bun.which("bwrap");
  if (bwrap === null) return { lack: "bubblewrap is not installed" };
  const files = await writeFiles(join(dataDir, "sandbox"));
  if (files === undefined) return { lack: `not on ${process.arch}` };
  let lack = "";
  // Not every bwrap can forbid further user namespaces by itself; the filter does too.
  for (const more of [["--disable-userns"], []]) {
    const tools = { bwrap, dataDir, isolation: [...isolation, ...more], ...files };
    const command = [...enter(tools, { network: false }), ...(await kernelMounts(tools))];
    const child = Bun.spawn([...command, "--", "true"], { stdio: ["ignore", "ignore", "pipe"] });
    const errors = await new Response(child.stderr).text();
    if ((await child.exited) === 0) return tools;
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
): Promise<JobRequest> {
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
    command: [...enter(tools, sandbox), ...mounts, ...last, ...request.command],
  };
}

/**
 * In a user namespace root has no rights outside of it, and without capabilities none inside. bwrap sets no_new_privs: a
 * set-user-id program gains nothing. The supervisor has already put the job in a session of its own.
 */
const isolation = [
  ..."--unshare-user --unshare-pid --unshare-ipc --unshare-uts".split(" "),
  ..."--unshare-cgroup-try --cap-drop ALL".split(" "),
];

type Entrance = Pick<SandboxTools, "bwrap" | "isolation" | "filters">;

/** bwrap takes its filter from an open descriptor, which a shell opens. */
function enter({ bwrap, isolation, filters }: Entrance, { network }: Sandbox): string[] {
  const filter = network === true ? filters.hostNetwork : filters.ownNetwork;
  const withFilter = ["/bin/sh", "-c", 'exec 9<"$0" && exec "$@"', filter, bwrap];
  return [
    ...withFilter,
    "--seccomp",
    "9",
    ...isolation,
    ...(network === true ? [] : ["--unshare-net"]),
  ];
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
