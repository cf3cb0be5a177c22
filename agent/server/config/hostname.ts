/** Reads host names, as written in a Host header or in the configuration. */
import { isIP as ipVersion } from "node:net";

/** The name without its port and brackets, in lower case: "[::1]:3000" gives "::1". */
export function hostname(host: string): string {
  const name = host.startsWith("[") ? host.slice(1, host.indexOf("]")) : host.replace(/:\d*$/, "");
  return name.toLowerCase();
}

export function isIP(name: string): boolean {
  return ipVersion(name) !== 0;
}

/** Whether only this machine can reach an address. */
export function isLoopback(name: string): boolean {
  return name === "localhost" || name === "::1" || /^127\.\d+\.\d+\.\d+$/.test(name);
}
