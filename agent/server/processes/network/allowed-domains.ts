/** Decides by the list of domains where a job may connect to, and looks the name up itself. */
import { lookup as lookUp } from "node:dns/promises";
import { isIP } from "node:net";
import { kindOf } from "./addresses";

export interface Target {
  /** In lower case, without a final dot. */
  host: string;
  port: number;
}

/** Resolves with every address of a name; rejects when it has none. */
export type Lookup = (host: string) => Promise<string[]>;

export const systemLookup: Lookup = async (host) =>
  (await lookUp(host, { all: true })).map(({ address }) => address);

const usualPorts = new Set([80, 443]);

/**
 * The addresses that a job may connect to for this target. Rejects with an Error that says why there is none. A listed
 * domain leads to public addresses only; one listed with its port, without `*`, to private ones too; and only `localhost`
 * to this machine. An address instead of a name is on no list.
 */
export async function addressesFor(
  { host, port }: Target,
  list: readonly string[],
  lookup: Lookup,
): Promise<string[]> {
  if (isIP(host) !== 0)
    throw new Error(`${host} is an address, and only listed domains are allowed`);
  const entry = list.find((one) => matches(one, host, port));
  if (entry === undefined) throw new Error(`${host}:${port} is not on the list of domains`);
  const isExact = entry === `${host}:${port}`;
  const kinds = isExact
    ? host === "localhost"
      ? ["loopback"]
      : ["public", "private"]
    : ["public"];
  const found = await lookup(host).catch(() => []);
  if (found.length === 0) throw new Error(`${host} was not found`);
  const allowed = found.filter((address) => kinds.includes(kindOf(address)));
  if (allowed.length === 0) throw new Error(`${host} leads to an address that is not allowed`);
  return allowed;
}

function matches(entry: string, host: string, port: number): boolean {
  const [domain = "", ownPort] = entry.split(":");
  if (ownPort === undefined ? !usualPorts.has(port) : Number(ownPort) !== port) return false;
  return domain.startsWith("*.") ? host.endsWith(domain.slice(1)) : host === domain;
}
