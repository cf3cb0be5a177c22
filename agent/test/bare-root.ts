/**
 * The root of a machine on which nothing is installed: a C library, a shell and the few programs that its commands name. No
 * Bun, Node, compiler, git or bwrap. What runs in it is an ordinary user.
 */
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";

/** What the demo's commands, and the supervisor script, need. */
const programs = "bash sh env cat date ls mkdir rm sed seq setsid sleep touch true";

/** The command that runs another in it. `files` are shown at their paths; the tests' temporary files can be written. */
export function inBareRoot(files: string[], more = ""): string[] {
  const names = `${programs} ${more}`.trim().split(" ");
  const bound = names.flatMap((name) => {
    const found = Bun.which(name);
    return found === null ? [] : ["--ro-bind", realpathSync(found), `/usr/bin/${name}`];
  });
  const temporary = realpathSync(tmpdir());
  return [
    ..."bwrap --unshare-user --uid 1000 --gid 1000 --die-with-parent --tmpfs /".split(" "),
    ...libraryFolders().flatMap((path) => ["--ro-bind", path, path]),
    ..."--symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink usr/bin /bin".split(" "),
    ...bound,
    ..."--proc /proc --dev /dev --tmpfs /tmp".split(" "),
    "--bind",
    temporary,
    temporary,
    ...files.flatMap((path) => ["--ro-bind", path, path]),
    ..."--setenv PATH /usr/bin --remount-ro / --".split(" "),
  ];
}

/** Of the C library: that of this process says where. */
function libraryFolders(): string[] {
  const { stdout } = Bun.spawnSync(["ldd", realpathSync(Bun.which("bash")!)]);
  const paths = [...stdout.toString().matchAll(/(\/\S+\.so\S*)/g)].map(([, path = ""]) => path);
  const folders = paths.flatMap((path) => [
    realpathSync(dirname(path)),
    dirname(realpathSync(path)),
  ]);
  return [...new Set(folders)].filter((path) => path.startsWith("/usr/"));
}
