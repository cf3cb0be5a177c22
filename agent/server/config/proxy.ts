/** The proxy of the environment. This process asks this machine itself past a proxy: Bun's fetch obeys the variables as they are at the request. */
import { direct } from "../../shared/direct-addresses";

export function bypassProxy(): void {
  Object.assign(process.env, direct(process.env));
}

/** From now on this process asks this host and port past the proxy too: another node of its cluster. */
export function bypassProxyFor(host: string): void {
  const given = process.env["NO_PROXY"] ?? "";
  if (given.split(",").includes(host)) return;
  Object.assign(process.env, direct({ ...process.env, NO_PROXY: `${given},${host}` }));
}

/** The variables that name it, as Bun's fetch obeys them now. */
export function proxyVariables(): Record<string, string | undefined> {
  return process.env;
}
