/** Joins a job, whose network is a list of domains, with its proxy. */
import { closeSync } from "node:fs";
import { join } from "node:path";
import { log } from "../../log";
import type { JobRequest } from "../jobs";
import { receiveDescriptor } from "../linux/libc";
import { DomainProxy } from "./domain-proxy";

/** In the job's own network, where no other program is. */
const port = 3128;

/** Started elsewhere than in the job's directory, of which Bun would read and run a `bunfig.toml`. */
const listenInside = [
  ..."/bin/sh -c".split(" "),
  'cd / && exec "$@"',
  "sh",
  process.execPath,
  ..."--smol --no-env-file --no-install".split(" "),
  join(import.meta.dir, "listen-inside.ts"),
  String(port),
];

/** The domains that the job may reach, if its network is a list of them. */
export function domainsOf({ sandbox }: Pick<JobRequest, "sandbox">): readonly string[] | undefined {
  return typeof sandbox?.network === "object" ? sandbox.network : undefined;
}

/** The same request; where its network is a list, its command opens the way to the proxy first. */
export function withProxy(request: JobRequest): JobRequest {
  const domains = domainsOf(request);
  if (domains === undefined) return request;
  return {
    ...request,
    command: [...listenInside, request.cwd, ...request.command],
    env: { ...proxyVariables(domains), ...request.env },
    readable: [...(request.readable ?? []), join(import.meta.dir, ".."), process.execPath],
  };
}

/** Both spellings, since programs read one or the other. Loopback is the job's own, unless a port of this machine is listed. */
function proxyVariables(domains: readonly string[]): Record<string, string> {
  const address = `http://127.0.0.1:${port}`;
  const reachesHost = domains.some((domain) => domain.startsWith("localhost:"));
  const own = reachesHost ? "127.0.0.1,::1" : "localhost,127.0.0.1,::1";
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].map((name) => [name, address]);
  const all = [...names, ["NO_PROXY", own]].flatMap(([name = "", value]) => [
    [name, value],
    [name.toLowerCase(), value],
  ]);
  return { ...Object.fromEntries(all), NODE_USE_ENV_PROXY: "1" };
}

/**
 * Takes the listening socket that the job's first program sends through descriptor 6 once something has come through 7,
 * and serves it. The function that it returns cuts all connections: for a stop, and for the end of the job.
 */
export function startProxy(
  { onOutput }: Pick<JobRequest, "onOutput">,
  domains: readonly string[],
  stdio: Bun.Subprocess["stdio"],
): () => void {
  const [from, ready] = [stdio[6] as number, stdio[7] as number];
  const onRefused = (sentence: string): void => onOutput(`[${sentence}]\n`, "stderr");
  const proxy = new DomainProxy({ domains, onRefused });
  const serve = async (): Promise<void> => {
    try {
      await Bun.file(ready).stream().getReader().read();
      const listening = receiveDescriptor(from);
      if (listening !== undefined) proxy.serve(listening);
    } finally {
      closeSync(from);
      closeSync(ready);
    }
  };
  serve().catch((err: unknown) => log.error({ err }, "A job's network could not be set up"));
  return () => proxy.close();
}
