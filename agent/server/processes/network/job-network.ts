/** Joins a job that has a network of its own with what it may reach: listed domains, and a port of this machine. */
import { closeSync } from "node:fs";
import { log } from "../../log";
import { bunScript, bunScriptFiles } from "../../program-files";
import type { JobRequest } from "../jobs";
import { receiveDescriptor } from "../linux/libc";
import { DomainProxy } from "./domain-proxy";
import { passToPort } from "./loopback-port";

/** In the job's own network, where no other program is. */
const proxyPort = 3128;

const listenInside = "agent/server/processes/network/listen-inside.ts";
/** Not in the job's directory, of which Bun would read and run a `bunfig.toml`. */
const inRoot = ["/bin/sh", "-c", 'cd / && exec "$@"', "sh"];

/** What a job with a network of its own reaches outside of it. */
export interface WaysOut {
  /** Through a proxy. */
  domains: readonly string[] | undefined;
  /** Of this machine's loopback. */
  port: number | undefined;
}

type NetworkRequest = Pick<JobRequest, "sandbox" | "loopbackPort">;

/** Undefined where it has the machine's network, or reaches nothing. */
export function waysOut({ sandbox, loopbackPort }: NetworkRequest): WaysOut | undefined {
  const network = sandbox?.network ?? true;
  if (network === true || (network === false && loopbackPort === undefined)) return undefined;
  return { domains: network === false ? undefined : network, port: loopbackPort };
}

/** The same request; where it has ways out, its command opens them first. */
export function withWaysOut(request: JobRequest): JobRequest {
  const ways = waysOut(request);
  if (ways === undefined) return request;
  const { domains, port } = ways;
  const ports = [...(domains ? [proxyPort] : []), ...(port === undefined ? [] : [port])];
  return {
    ...request,
    command: [
      ...inRoot,
      ...bunScript(listenInside),
      ports.join(","),
      request.cwd,
      ...request.command,
    ],
    env: { ...(domains && proxyVariables(domains)), ...request.env },
    readable: [...(request.readable ?? []), ...bunScriptFiles(listenInside)],
  };
}

/** Both spellings, since programs read one or the other. Loopback is the job's own, unless a port of this machine is listed. */
function proxyVariables(domains: readonly string[]): Record<string, string> {
  const address = `http://127.0.0.1:${proxyPort}`;
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
 * Takes the listening sockets that the job's first program sends through descriptor 6 before something comes through 7, and
 * serves them. The function that it returns cuts all connections: for a stop, and for the end of the job.
 */
export function openWaysOut(
  { onOutput }: Pick<JobRequest, "onOutput">,
  { domains, port }: WaysOut,
  stdio: Bun.Subprocess["stdio"],
): () => void {
  const [from, ready] = [stdio[6] as number, stdio[7] as number];
  const onRefused = (sentence: string): void => onOutput(`[${sentence}]\n`, "stderr");
  const listeners = [
    ...(domains ? [new DomainProxy({ domains, onRefused })] : []),
    ...(port === undefined ? [] : [passToPort(port)]),
  ];
  const serve = async (): Promise<void> => {
    try {
      await Bun.file(ready).stream().getReader().read();
      for (const listener of listeners) {
        const listening = receiveDescriptor(from);
        if (listening !== undefined) listener.serve(listening);
      }
    } finally {
      closeSync(from);
      closeSync(ready);
    }
  };
  serve().catch((err: unknown) => log.error({ err }, "A job's network could not be set up"));
  return () => listeners.forEach((listener) => listener.close());
}
