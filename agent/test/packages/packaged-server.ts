/** A server that was started out of a package, in a root file system that is not this machine's. */
import { createRein, type Rein } from "../../sdk/create-rein";
import { until, within } from "../within";

export interface PackagedServer extends AsyncDisposable {
  url: string;
  rein: Rein;
  /** All that it has said. */
  said(): string;
  /** What it says once it knows it, about proof and sandbox. */
  level(): Promise<string>;
  kill(name: "SIGTERM" | "SIGKILL"): void;
  exited: Promise<number>;
}

export const token = "a-token-of-the-tests-alone";

/** Resolves once it serves. `kill` tells it to end, given the command's own process, which does not hand signals on. */
export async function startPackaged(
  command: string[],
  kill: (name: "SIGTERM" | "SIGKILL", pid: number) => void,
): Promise<PackagedServer> {
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    void (async () => {
      const decoder = new TextDecoder();
      for await (const bytes of stream) said += decoder.decode(bytes, { stream: true });
    })();
  const end = (name: "SIGTERM" | "SIGKILL") => kill(name, child.pid);
  const address = /Rein \S+ is at (http:\/\/[^/]+)\/#token=\S+/;
  await until(() => address.test(said) || child.exitCode !== null, "the server's address");
  if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${said}`);
  const url = address.exec(said)![1]!;
  return {
    url,
    rein: createRein({ url, credential: token }),
    said: () => said,
    async level() {
      await until(() => said.includes("Commands "), "what it says about its sandbox");
      return said
        .split("\n")
        .filter((line) => /^(Processes: |Commands )/.test(line))
        .join("\n");
    },
    kill: end,
    exited: child.exited,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) end("SIGTERM");
      await within("the end of a packaged server", child.exited);
    },
  };
}
