/** The command that runs a program as a Unix account, for a server of root's. */
import { bunScript } from "../program-files";

export interface AccountNumbers {
  uid: number;
  gid: number;
}

/**
 * With the account's own groups, without capabilities, without a key of root's, and of root's environment with no more than
 * language, time zone, proxies and certificates. The program has to be absolute.
 */
export function asAccount({ uid, gid }: AccountNumbers, command: string[]): string[] {
  const script = "agent/server/processes/linux/enter-account.ts";
  return [...bunScript(script), String(uid), String(gid), ...command];
}
