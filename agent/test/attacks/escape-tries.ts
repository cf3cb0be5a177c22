/**
 * Ways out of a sandbox, as scripts of bash that exit 0 when they have found one. Their variables: ESC (the program of
 * escape.c), DATA (the server's data directory), VICTIM (a process of the host, with DATA as its directory and the secret
 * in its environment), ID (unique), CHECKOUT (Rein's own), DEVICE (the numbers of the disk). Without a sandbox, each leaves
 * everything as it was.
 */
export interface Try {
  name: string;
  script: string;
  /** It needs the rights of root, or something that a machine may lack: without a sandbox it may fail too. */
  may?: "need root" | "fail";
  /** It is no escape where the home directory is the job's own. */
  outsideHome?: true;
}

/** Matches the secret, and not the scripts that look for it. */
const secret = "'REIN[S]ECRET'";

const calls = (may: Try["may"], ...names: string[]): Try[] =>
  names.map((name) => ({
    name: `system call: ${name}`,
    script: `$ESC ${name}`,
    ...(may && { may }),
  }));

const writes = (may: Try["may"], ...paths: string[]): Try[] =>
  paths.map((path) => ({ name: `writes ${path}`, script: `: >>${path}`, ...(may && { may }) }));

const reads = (may: Try["may"], ...paths: string[]): Try[] =>
  paths.map((path) => ({
    name: `reads ${path}`,
    script: `grep -qa ${secret} ${path}`,
    ...(may && { may }),
  }));

export const tries: Try[] = [
  // Files of the server and of the user.
  ...reads(undefined, "$DATA/token", "$DATA/rein.db", "$DATA/settings.json"),
  ...reads(undefined, "~/.ssh/id_rsa", "~/.netrc", "~/.aws/credentials", "~/.config/gh/hosts.yml"),
  {
    name: "reads the password file",
    script: "head -c 1 /etc/shadow | grep -q .",
    may: "need root",
  },
  { name: "lists the data directory", script: "ls $DATA | grep -q token" },
  {
    name: "links to the token",
    script: `trap 'rm -f link' EXIT; ln $DATA/token link && grep -q ${secret} link`,
  },
  { name: "finds a secret by searching the home", script: `grep -rqsa ${secret} ~` },
  {
    name: "finds a secret through /proc/PID/root",
    script: `for at in /proc/[0-9]*/root; do grep -qa ${secret} $at$DATA/token && exit 0; done; exit 1`,
  },
  {
    name: "finds a secret through /proc/PID/cwd",
    script: `for at in /proc/[0-9]*/cwd; do grep -qa ${secret} $at/token && exit 0; done; exit 1`,
  },
  { name: "finds a secret in an environment", script: `grep -qa ${secret} /proc/[0-9]*/environ` },
  {
    name: "finds a secret in a descriptor",
    script: `for at in /proc/self/fd/* /proc/$PPID/fd/* /proc/1/fd/*; do timeout 1 grep -qsa ${secret} $at && exit 0; done </dev/null; exit 1`,
    may: "fail",
  },
  { name: "sees the host's temporary files", script: "test -e /tmp/rein-marker-$ID" },
  { name: "opens a file by its handle", script: "$ESC handle $DATA", may: "need root" },
  // Files that run later, or that others rely on.
  ...writes(undefined, "~/.bashrc", "~/.profile", "~/.gitconfig", "~/.config/rein/AGENTS.md"),
  { name: "adds a key for sign-in", script: ": >>~/.ssh/authorized_keys" },
  {
    name: "adds a service of the user",
    script: "trap 'rm -f ~/.config/systemd/user/x' EXIT; touch ~/.config/systemd/user/x",
  },
  {
    name: "moves a guarded file's directory",
    script: "mv ~/.config ~/.moved && mv ~/.moved ~/.config",
  },
  {
    name: "writes beside its directory",
    script: "trap 'rm -f ~/beside' EXIT; touch ~/beside",
    outsideHome: true,
  },
  {
    name: "writes Rein's checkout",
    script: "trap 'rm -f $CHECKOUT/.rein-$ID' EXIT; touch $CHECKOUT/.rein-$ID",
    may: "need root",
  },
  ...["/etc/cron.d", "/var/spool/cron", "/etc", "/usr/local/bin", "/var/spool/at"].map(
    (directory): Try => ({
      name: `writes in ${directory}`,
      script: `trap 'rm -f ${directory}/rein-$ID' EXIT; touch ${directory}/rein-$ID`,
      may: directory === "/etc" ? "need root" : "fail",
    }),
  ),
  {
    name: "makes a set-user-id program",
    script: "trap 'rm -f suid' EXIT; cp /bin/true suid && chmod u+s suid && test -u suid",
  },
  {
    name: "makes a set-group-id program",
    script: "trap 'rm -f sgid' EXIT; cp /bin/true sgid && chmod g+s sgid && test -g sgid",
  },
  {
    name: "installs a set-user-id program",
    script: "trap 'rm -f suid' EXIT; install -m 4755 /bin/true suid && test -u suid",
  },
  // Mounts and namespaces.
  {
    name: "remounts the root",
    script: "mount -o remount,bind,rw / && touch /etc/rein-$ID && rm /etc/rein-$ID",
    may: "need root",
  },
  { name: "remounts /proc", script: "mount -o remount,rw /proc", may: "need root" },
  { name: "unmounts what hides the data", script: "umount -l $DATA; test -e $DATA/token" },
  { name: "mounts a /proc", script: "mount -t proc proc /mnt", may: "need root" },
  {
    name: "mounts an overlay",
    script:
      "trap 'rm -rf overlay' EXIT; mkdir -p overlay/{upper,work} && mount -t overlay overlay -o lowerdir=/etc,upperdir=$PWD/overlay/upper,workdir=$PWD/overlay/work /mnt",
    may: "fail",
  },
  { name: "makes a user namespace", script: "unshare -Ur true", may: "fail" },
  {
    name: "mounts in a user namespace",
    script: "unshare -Urm mount -t tmpfs none /mnt",
    may: "fail",
  },
  {
    name: "mounts a /proc in a user namespace",
    script: "unshare -Urmpf mount -t proc proc /mnt",
    may: "fail",
  },
  ...calls(
    "need root",
    "mount /mnt",
    "bind /etc",
    "remount /",
    "umount /proc",
    "open_tree",
    "fsopen",
    "mount_setattr",
    "pivot_root",
    "chroot",
  ),
  ...calls("fail", "clone", "clone3", "unshare"),
  {
    name: "enters the namespaces of a process",
    script: "$ESC setns /proc/$VICTIM/ns/uts",
    may: "need root",
  },
  // Processes.
  { name: "signals a process of the host", script: "kill -0 $VICTIM" },
  { name: "traces a process of the host", script: "$ESC ptrace $VICTIM", may: "need root" },
  {
    name: "reads the memory of a process of the host",
    script: "$ESC process_vm_readv $VICTIM",
    may: "need root",
  },
  {
    name: "opens the memory of a process of the host",
    script: ": </proc/$VICTIM/mem",
    may: "need root",
  },
  // Sockets.
  { name: "connects to a socket in the home", script: "$ESC unix ~/service.sock" },
  { name: "connects to a socket in /tmp", script: "$ESC unix /tmp/rein-$ID.sock" },
  {
    name: "connects to a socket in /run",
    script: "$ESC unix /run/rein-$ID.sock",
    may: "need root",
  },
  { name: "connects to an abstract socket", script: "$ESC abstract rein-$ID" },
  ...calls("need root", "packet"),
  ...calls(undefined, "netlink"),
  ...calls("fail", "vsock", "alg"),
  // The kernel and the machine.
  ...writes("need root", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/randomize_va_space"),
  ...writes("fail", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper", "/sys/power/state"),
  {
    name: "makes a cgroup",
    script:
      "for at in $(awk '$3 ~ /^cgroup/ {print $2}' /proc/mounts); do mkdir $at/rein-$ID && rmdir $at/rein-$ID && exit 0; done; exit 1",
    may: "need root",
  },
  {
    name: "leaves its cgroup",
    script:
      "for at in $(awk '$3 ~ /^cgroup/ {print $2}' /proc/mounts); do (: >>$at/cgroup.procs) && exit 0; done; exit 1",
    may: "need root",
  },
  {
    name: "sets a release agent",
    script:
      "for at in $(awk '$3 == \"cgroup\" {print $2}' /proc/mounts); do (: >>$at/release_agent) && exit 0; done; exit 1",
    may: "fail",
  },
  {
    name: "reads the disk",
    script: "head -c 1 $(awk '$2 == \"/\" {print $1}' /proc/mounts | tail -1) | wc -c | grep -q 1",
    may: "fail",
  },
  {
    name: "makes a device of the disk",
    script: "trap 'rm -f disk' EXIT; mknod disk b $DEVICE && head -c 1 disk | wc -c | grep -q 1",
    may: "fail",
  },
  { name: "reads physical memory", script: "head -c 1 /dev/mem | wc -c | grep -q 1", may: "fail" },
  ...calls(undefined, "keyring", "request_key"),
  ...calls(
    "fail",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "finit_module",
    "syslog",
    "int80",
    "TIOCSTI",
  ),
  // Other users.
  ...calls("need root", "setuid"),
  { name: "becomes another user", script: "su nobody -s /bin/sh -c true", may: "need root" },
];
