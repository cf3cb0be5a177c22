/** Where a host of the web leads to: only public addresses, unless the settings allow the host. */
import { lookup as lookUp } from "node:dns/promises";
import { isIP } from "node:net";
import { abortable } from "../../abort";
import { kindOf } from "../../processes/network/addresses";
import { ToolError } from "../tool";

/** Resolves with every address of a name; rejects when it has none. */
export type Lookup = (host: string) => Promise<string[]>;

export const systemLookup: Lookup = async (host) =>
  (await lookUp(host, { all: true })).map(({ address }) => address);

/**
 * The addresses that may be connected to, at least one. Of a name that leads to public and private addresses, the public
 * ones. Throws ToolError when there is none, the signal's reason when it aborts.
 */
export async function addressesOf(
  url: URL,
  allowedPrivate: readonly string[],
  lookup: Lookup,
  signal: AbortSignal,
): Promise<string[]> {
  const host = hostOf(url);
  const found = isIP(host) === 0 ? await namesakes(host, lookup, signal) : [host];
  if (allows(allowedPrivate, url, host)) return found;
  const open = found.filter((address) => kindOf(address) === "public");
  if (open.length > 0) return open;
  const leads = host === found[0] ? "is" : `leads to ${found[0]}, which is`;
  throw new ToolError(
    `${url.host} ${leads} an address of this machine, of a private network or reserved, so nothing was requested. ` +
      "Only the user can allow it, in the settings (Web).",
  );
}

/** Without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

async function namesakes(host: string, lookup: Lookup, signal: AbortSignal): Promise<string[]> {
  const found = await abortable(
    lookup(host).catch(() => []),
    signal,
  );
  if (found.length === 0) throw new ToolError(`The host ${host} was not found.`);
  return found;
}

function allows(allowedPrivate: readonly string[], url: URL, host: string): boolean {
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const names = new Set([host, url.hostname].flatMap((name) => [name, `${name}:${port}`]));
  return allowedPrivate.some((one) => names.has(one.toLowerCase()));
}
