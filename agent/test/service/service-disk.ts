/** The disk of the virtual machine: a Debian with systemd, two users, the binary, the unit, and the program of the checks. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { debianRoot, run } from "../packages/debian-root";

export interface Disk {
  image: string;
  kernel: string;
  initialRoot: string;
}

const repository = join(import.meta.dir, "../../..");

const packages = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "dbus-user-session",
  "libpam-systemd",
  "udev",
  "bubblewrap",
  "ca-certificates",
  "git",
  "kmod",
  "procps",
  "sudo",
];

/** In `folder`, from the binary; `only` matches the names of the checks that run. Only root can make it. */
export async function makeDisk(folder: string, binary: string, only: string): Promise<Disk> {
  const base = debianRoot("with-systemd", packages);
  const kernel = findKernel(base);
  const root = join(folder, "root");
  run(["cp", "-a", "--reflink=auto", base, root]);
  await furnish(root, binary);
  writeFileSync(join(root, "opt/rein/only"), only);
  const image = join(folder, "disk.img");
  run(["mke2fs", "-q", "-t", "ext4", "-d", root, image, "2500M"]);
  rmSync(root, { recursive: true, force: true });
  return { image, kernel: kernel.image, initialRoot: makeInitialRoot(folder, kernel) };
}

/** The kernel and the driver of the disk, beside the root: the root itself needs neither. */
function findKernel(base: string) {
  const folder = `${base}-kernel`;
  if (!existsSync(folder)) {
    const half = `${folder}.half`;
    rmSync(half, { recursive: true, force: true });
    mkdirSync(half);
    run(["chroot", base, "apt-get", "update", "-qq"]);
    const meta = "linux-image-cloud-amd64";
    const depends = run(["chroot", base, "apt-cache", "depends", meta]);
    const named = /Depends: (linux-image-\d\S+)/.exec(depends)?.[1];
    run(["chroot", base, "sh", "-c", `cd /tmp && apt-get download -qq ${named} busybox-static`]);
    for (const name of readdirSync(join(base, "tmp")).filter((one) => one.endsWith(".deb"))) {
      run(["dpkg-deb", "-x", join(base, "tmp", name), half]);
      rmSync(join(base, "tmp", name));
    }
    run(["mv", half, folder]);
  }
  const [image] = [...new Bun.Glob("boot/vmlinuz-*").scanSync({ cwd: folder })];
  const [driver] = [...new Bun.Glob("**/virtio_blk.ko.xz").scanSync({ cwd: folder })];
  const [busybox] = [...new Bun.Glob("**/bin/busybox").scanSync({ cwd: folder })];
  return {
    image: join(folder, image!),
    driver: join(folder, driver!),
    busybox: join(folder, busybox!),
  };
}

type Kernel = ReturnType<typeof findKernel>;

/** What the kernel unpacks into memory and starts: it has the driver of the disk, and goes on there. */
function makeInitialRoot(folder: string, { driver, busybox }: Kernel): string {
  const root = join(folder, "initial");
  for (const name of ["bin", "dev", "root"]) mkdirSync(join(root, name), { recursive: true });
  cpSync(busybox, join(root, "bin/busybox"));
  run(["sh", "-c", `xz -dc '${driver}' > '${root}/disk.ko'`]);
  writeFileSync(
    join(root, "init"),
    [
      "#!/bin/busybox sh",
      "/bin/busybox mount -t devtmpfs dev /dev",
      "/bin/busybox insmod /disk.ko",
      "/bin/busybox mount -t ext4 /dev/vda /root",
      "exec /bin/busybox switch_root /root /sbin/init",
      "",
    ].join("\n"),
  );
  chmodSync(join(root, "init"), 0o755);
  const archive = join(folder, "initial.cpio");
  run(["sh", "-c", `find . | cpio -o -H newc --quiet > '${archive}'`], root);
  return archive;
}

async function furnish(root: string, binary: string): Promise<void> {
  const at = (path: string) => join(root, path);
  for (const [name, id] of [
    ["ada", 1000],
    ["bob", 1001],
  ] as const)
    run(["chroot", root, "useradd", "--create-home", "--uid", String(id), "-s", "/bin/bash", name]);
  writeFileSync(at("etc/sudoers.d/ada"), "ada ALL=(ALL) NOPASSWD: ALL\n", { mode: 0o440 });
  mkdirSync(at("opt/rein"));
  // What was said before a reboot can be read after it.
  mkdirSync(at("var/log/journal"), { recursive: true });
  cpSync(binary, at("opt/rein/rein"));
  for (const name of ["rein.service", "rein-strict.conf"])
    cpSync(join(repository, "agent/packaging", name), at(`opt/rein/${name}`));
  const { outputs } = await Bun.build({
    entrypoints: [join(import.meta.dir, "service-checks.ts")],
    target: "bun",
  });
  writeFileSync(at("opt/rein/checks.js"), await outputs[0]!.text());
  writeFileSync(at("etc/systemd/system/checks.service"), checksUnit);
  run(["chroot", root, "systemctl", "enable", "checks"]);
  run(["chroot", root, "systemctl", "mask", "serial-getty@ttyS0", "systemd-networkd-wait-online"]);
}

const checksUnit = `[Unit]
After=multi-user.target
[Service]
Type=exec
Environment=BUN_BE_BUN=1
ExecStart=/opt/rein/rein /opt/rein/checks.js
StandardOutput=file:/dev/ttyS0
StandardError=file:/dev/ttyS0
[Install]
WantedBy=multi-user.target
`;
