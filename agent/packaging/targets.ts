/** The machines that the single binary is built for. */

export interface Target {
  name: string;
  /** As Bun calls it. */
  bun: Bun.Build.CompileTarget;
  platform: "linux" | "darwin";
  arch: "x64" | "arm64";
}

export const targets: readonly Target[] = (["linux", "darwin"] as const).flatMap((platform) =>
  (["x64", "arm64"] as const).map((arch) => {
    const name = `${platform}-${arch}` as const;
    return { name, bun: `bun-${name}`, platform, arch };
  }),
);

/** That of this machine by default. Throws an Error that lists them. */
export function targetNamed(name = `${process.platform}-${process.arch}`): Target {
  const found = targets.find((target) => target.name === name);
  if (found !== undefined) return found;
  const names = targets.map((target) => target.name).join(", ");
  throw new Error(`There is no binary for ${name}; expected one of ${names}.`);
}
