/**
 * The `rein` command as a child, with its output and its end.
 *
 *     await using command = startCommand(rein, ["-p", "hello"]);
 *     expect(await command.exited).toBe(0);
 */
import { join } from "node:path";
import { neverAborts } from "../server/abort";
import type { Rein } from "./rein";
import { within } from "./within";

export const commandProgram = join(import.meta.dir, "../cli/cli.ts");

export interface CommandOptions {
  cwd: string;
  environment: Record<string, string>;
  /** What is on standard input; nothing unless given. */
  input?: string;
}

export interface CommandLine extends AsyncDisposable {
  pid: number;
  exited: Promise<number>;
  /** All of it, once it has exited. */
  stdout: Promise<string>;
  stderr: Promise<string>;
  /** Resolves once the output so far, of both, matches. */
  until: (pattern: RegExp) => Promise<void>;
  signal: (name: NodeJS.Signals) => void;
  /** Closes our end of its standard output, as `head` does. */
  closeOutput: () => Promise<void>;
}

/** The environment in which it talks with this server. */
export function commandEnvironment({ url, token }: Pick<Rein, "url" | "token">) {
  return { REIN_SERVER: url, REIN_TOKEN: token };
}

/** With the scripted model, in the server's working directory. */
export function startCommand(rein: Rein, args: string[], input?: string): CommandLine {
  const environment = commandEnvironment(rein);
  return spawnCommand(args, { cwd: rein.cwd, environment, ...(input !== undefined && { input }) });
}

export function spawnCommand(
  args: string[],
  { cwd, environment, input }: CommandOptions,
): CommandLine {
  const child = Bun.spawn([process.execPath, commandProgram, ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? "", HOME: cwd, ...environment },
    stdin: input === undefined ? "ignore" : new Blob([input]),
    stdout: "pipe",
    stderr: "pipe",
  });
  let seen = "";
  let look = () => {};
  const closing = new AbortController();
  const read = async (stream: ReadableStream<Uint8Array>, signal: AbortSignal) => {
    const decoder = new TextDecoder();
    const reader = stream.getReader();
    signal.addEventListener("abort", () => void reader.cancel());
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text;
      const piece = decoder.decode(value, { stream: true });
      text += piece;
      seen += piece;
      look();
    }
  };
  const stdout = read(child.stdout, closing.signal);
  const stderr = read(child.stderr, neverAborts);
  return {
    pid: child.pid,
    exited: within(() => `the end of rein ${args.join(" ")}: ${seen}`, child.exited),
    stdout,
    stderr,
    until: (pattern) =>
      within(
        () => `${pattern} in: ${seen}`,
        new Promise((resolve, reject) => {
          look = () => {
            if (pattern.test(seen)) resolve();
          };
          look();
          void child.exited.then((code) => {
            look();
            reject(new Error(`It exited with ${code}: ${seen}`));
          });
        }),
      ),
    signal: (name) => child.kill(name),
    async closeOutput() {
      closing.abort();
      await stdout;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill("SIGKILL");
      await child.exited;
    },
  };
}
