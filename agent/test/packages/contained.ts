/** Commands that run a program in another root file system: by bubblewrap as an ordinary user, and by runc as Docker does. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { childrenOf } from "../../server/processes/linux/descendants";
import { run } from "./debian-root";

/** An ordinary user, here and inside. */
export const userId = 1000;

/** As this user, with the root read-only but for `home` and /tmp; process 1 inside is bubblewrap. */
export function inBubblewrap(
  root: string,
  home: string,
  environment: Record<string, string>,
  ...program: string[]
): string[] {
  const become = ["setpriv", `--reuid=${userId}`, `--regid=${userId}`, "--clear-groups"];
  const set = Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]);
  return [
    ...become,
    "bwrap",
    "--unshare-user",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--die-with-parent",
    "--clearenv",
    "--ro-bind",
    root,
    "/",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--tmpfs",
    "/tmp",
    "--bind",
    home,
    "/mnt",
    "--chdir",
    "/mnt",
    ...set,
    ...program,
  ];
}

/** Bubblewrap hands no signal on: this goes to the program that it runs, which is the child of process 1 inside. */
export function killInBubblewrap(name: "SIGTERM" | "SIGKILL", pid: number): void {
  const [first] = childrenOf(pid);
  const [program] = first === undefined ? [] : childrenOf(first);
  process.kill(program ?? pid, name);
}

/** What of a container differs from image to image, and from one compose file to the next. */
export interface Container {
  root: string;
  args: string[];
  environment: Record<string, string>;
  cwd: string;
  user: { uid: number; gid: number };
  isReadOnly: boolean;
  /** Paths inside, with those of this machine. */
  binds: Record<string, string>;
  tmpfs: Record<string, string[]>;
  noNewPrivileges: boolean;
  /** As with `seccomp=unconfined` and `systempaths=unconfined`. */
  isUnconfined?: boolean;
}

/** A container of runc: its own processes, mounts, names and cgroups, and this machine's network. */
export class RuncContainer {
  readonly #name = `rein-${crypto.randomUUID()}`;

  /** Its state and configuration are kept in `folder`. */
  constructor(
    private readonly folder: string,
    container: Container,
  ) {
    mkdirSync(join(folder, "state"), { recursive: true });
    writeFileSync(join(folder, "config.json"), JSON.stringify(configurationOf(container)));
  }

  get command(): string[] {
    return [...this.#runc, "run", "--bundle", this.folder, this.#name];
  }

  /** What a command in it printed, which has the environment of the first one. Throws when it fails. */
  exec(...command: string[]): string {
    return run([...this.#runc, "exec", this.#name, ...command]);
  }

  /** To process 1, as `docker stop` and `docker kill` do. */
  kill(name: "SIGTERM" | "SIGKILL"): void {
    run([...this.#runc, "kill", this.#name, name]);
  }

  get #runc(): string[] {
    return ["runc", "--root", join(this.folder, "state")];
  }
}

/** As Docker configures one without capabilities. */
function configurationOf(container: Container): object {
  const { root, args, environment, cwd, user, noNewPrivileges, isUnconfined } = container;
  return {
    ociVersion: "1.0.2",
    process: {
      args,
      cwd,
      env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      user,
      noNewPrivileges,
      capabilities: { bounding: [], effective: [], permitted: [] },
    },
    root: { path: root, readonly: container.isReadOnly },
    mounts: mountsOf(container),
    linux: {
      namespaces: ["pid", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type })),
      ...(!isUnconfined && { maskedPaths, readonlyPaths, seccomp }),
    },
  };
}

function mountsOf({ binds, tmpfs }: Container): object[] {
  const nothing = ["nosuid", "noexec", "nodev"];
  const mount = (type: string, destination: string, options: string[], source = type) => ({
    type,
    source,
    destination,
    options,
  });
  return [
    mount("proc", "/proc", nothing),
    mount("tmpfs", "/dev", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    mount("devpts", "/dev/pts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]),
    mount("tmpfs", "/dev/shm", [...nothing, "mode=1777", "size=65536k"], "shm"),
    mount("mqueue", "/dev/mqueue", nothing),
    mount("sysfs", "/sys", [...nothing, "ro"]),
    mount("cgroup", "/sys/fs/cgroup", [...nothing, "ro"]),
    ...Object.entries(tmpfs).map(([path, options]) =>
      mount("tmpfs", path, ["nosuid", "nodev", ...options]),
    ),
    ...Object.entries(binds).map(([path, source]) =>
      mount("bind", path, ["rbind", "rprivate"], source),
    ),
  ];
}

const maskedPaths = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
const readonlyPaths = ["bus", "fs", "irq", "sys", "sysrq-trigger"].map((name) => `/proc/${name}`);

const [forbidden, unknown] = [1, 38]; // EPERM, ENOSYS
const [newUser, masked] = [0x10000000, "SCMP_CMP_MASKED_EQ"];

/** What of Docker's profile, which names what is allowed, a program without capabilities could notice. */
const seccomp = {
  defaultAction: "SCMP_ACT_ALLOW",
  syscalls: [
    {
      names: [
        "unshare",
        "mount",
        "umount2",
        "pivot_root",
        "setns",
        "bpf",
        "perf_event_open",
        "io_uring_setup",
        "io_uring_enter",
        "io_uring_register",
        "keyctl",
        "add_key",
        "userfaultfd",
        "open_by_handle_at",
        "fsopen",
        "move_mount",
        "open_tree",
      ],
      action: "SCMP_ACT_ERRNO",
      errnoRet: forbidden,
    },
    {
      names: ["clone"],
      action: "SCMP_ACT_ERRNO",
      errnoRet: forbidden,
      args: [{ index: 0, value: newUser, valueTwo: newUser, op: masked }],
    },
    { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: unknown },
  ],
};
