/** A program of a test with all processes that come from it: they are one process group, and end together. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { within } from "../within";

export interface Program {
  /** What the pattern matches in the program's output, once it has been printed. Rejects when the program exits first. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Kills the group. Resolves when the program has exited. */
  end(): Promise<void>;
}

/** Starts it in a home directory of its own, with these files in it, which is removed after its end. */
export function startProgram(
  command: string[],
  environment: Record<string, string> = {},
  files: Record<string, string> = {},
): Program {
  const home = mkdtempSync(join(tmpdir(), "rein-engine-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(home, name), content);
  const child = Bun.spawn(command, {
    cwd: home,
    env: { PATH: process.env.PATH ?? "", HOME: home, XDG_RUNTIME_DIR: home, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const kill = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // The group has ended by itself.
    }
  };
  // Also when the test runner gives up on a test.
  process.on("exit", kill);
  let output = "";
  let onOutput = () => {};
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      output += decoder.decode(bytes, { stream: true });
      onOutput();
    }
  };
  void Promise.all([read(child.stdout), read(child.stderr)]);
  return {
    printed(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpMatchArray>();
      onOutput = () => {
        const match = output.match(pattern);
        if (match) resolve(match);
      };
      onOutput();
      void child.exited.then(() => reject(new Error(`${command[0]} has exited: ${output}`)));
      return within(`${command[0]} prints ${pattern}`, promise);
    },
    async end() {
      kill();
      process.off("exit", kill);
      await child.exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
