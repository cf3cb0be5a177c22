/** The image, built from its Dockerfile by buildah on stand-ins for its two base images, and what compose.yaml makes of it. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Need } from "../system-packages";
import { debianRoot, run } from "./debian-root";
import { type Container, userId } from "./contained";
import { token } from "./packaged-server";

export const buildahNeed: Need = {
  name: "buildah",
  packages: ["buildah"],
  isThere: () => Bun.which("buildah") !== null,
};

const repository = join(import.meta.dir, "../../..");

export interface Image extends Disposable {
  /** Its root file system. */
  root: string;
  bytes: number;
  user: string;
  cwd: string;
  args: string[];
  environment: Record<string, string>;
  /** The command of its health check. */
  health: string[];
}

/** Its layers are in `folder`, which is to be removed after it. No registry is asked for an image; packages are fetched. */
export function buildImage(folder: string): Image {
  const store = ["--root", join(folder, "layers"), "--runroot", join(folder, "run")];
  const buildah = (...command: string[]) =>
    run(["buildah", ...store, "--storage-driver", "vfs", ...command], repository).trim();
  const debian = debianRoot("minimal", []);
  base(buildah, "docker.io/library/debian:trixie-slim", debian);
  base(buildah, `docker.io/oven/bun:${Bun.version}`, debian, process.execPath);
  const cache = join(process.env.HOME ?? "/root", ".bun/install/cache");
  mkdirSync(cache, { recursive: true });
  buildah(
    "build",
    "--isolation",
    "chroot",
    "--pull-never",
    "--format",
    "docker",
    "--quiet",
    "--volume",
    `${cache}:/root/.bun/install/cache`,
    "--file",
    "agent/packaging/Dockerfile",
    "--tag",
    "rein",
    ".",
  );
  const { Docker } = JSON.parse(buildah("inspect", "--type", "image", "rein")) as {
    Docker: { config: DockerConfiguration };
  };
  const { config } = Docker;
  const from = buildah("from", "--pull-never", "rein");
  const root = buildah("mount", from);
  return {
    root,
    bytes: Number(run(["du", "-sb", root]).split("\t")[0]),
    user: config.User,
    cwd: config.WorkingDir,
    args: [...config.Entrypoint, ...config.Cmd],
    environment: Object.fromEntries(
      config.Env.map((one) => one.split(/=(.*)/s) as [string, string]),
    ),
    health: ["sh", "-c", config.Healthcheck.Test[1]!],
    [Symbol.dispose]: () => void buildah("rm", "--all"),
  };
}

interface DockerConfiguration {
  User: string;
  WorkingDir: string;
  Entrypoint: string[];
  Cmd: string[];
  Env: string[];
  Healthcheck: { Test: string[] };
}

/** A fresh Debian under the name that the Dockerfile has, with this Bun where its image has one. */
function base(
  buildah: (...command: string[]) => string,
  name: string,
  root: string,
  bun?: string,
): void {
  const container = buildah("from", "scratch");
  buildah("add", "--quiet", container, root, "/");
  if (bun !== undefined) buildah("add", "--quiet", container, bun, "/usr/local/bin/bun");
  buildah("commit", "--quiet", container, name);
  buildah("rm", container);
}

/** The container that compose.yaml describes, with `volumes` of this machine in the place of its own. */
export function composed(image: Image, volumes: Record<string, string>): Container {
  const file = readFileSync(join(repository, "agent/packaging/compose.yaml"), "utf8");
  const { rein } = (Bun.YAML.parse(file) as { services: { rein: Service } }).services;
  const [uid, gid] = rein.user.split(":").map(Number) as [number, number];
  const places = rein.volumes.map((volume) => volume.slice(volume.lastIndexOf(":") + 1));
  if (uid !== userId || rein.cap_drop.join() !== "ALL")
    throw new Error("compose.yaml gives more than this test does");
  return {
    root: image.root,
    args: image.args,
    // Docker's, where an image has none: the stand-ins do not.
    environment: { PATH: "/usr/local/bin:/usr/bin:/bin", ...image.environment, REIN_TOKEN: token },
    cwd: image.cwd,
    user: { uid, gid },
    isReadOnly: rein.read_only,
    binds: Object.fromEntries(places.map((place) => [place, volumes[place]!])),
    tmpfs: Object.fromEntries(
      rein.tmpfs.map((one) => [one.split(":")[0]!, one.split(":")[1]!.split(",")]),
    ),
    noNewPrivileges: rein.security_opt.includes("no-new-privileges:true"),
  };
}

interface Service {
  user: string;
  read_only: boolean;
  volumes: string[];
  tmpfs: string[];
  cap_drop: string[];
  security_opt: string[];
}

/** Whether the image's root has this program. */
export function hasProgram(root: string, name: string): boolean {
  return ["usr/bin", "bin", "usr/local/bin"].some((folder) => existsSync(join(root, folder, name)));
}
