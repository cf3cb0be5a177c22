/** Git in a test's directory, as a person with a name runs it. */

/** Returns what it has written. Throws when it fails. */
export function gitIn(cwd: string): (...args: string[]) => string {
  return (...args) => {
    const own = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
    const result = Bun.spawnSync(["git", ...own, ...args], { cwd });
    if (!result.success) throw new Error(result.stderr.toString());
    return result.stdout.toString();
  };
}
