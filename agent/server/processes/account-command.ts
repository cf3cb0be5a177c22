/** The command that runs a program as a Unix account, for a server of root's. */
import { bunScript } from "../program-files";

export interface AccountNumbers {
  uid: number;
  gid: number;
}

/** What `accountEnvironment` says, for the script. */
export const accountVariable = "REIN_ACCOUNT";

/**
 * With the account's own groups, without capabilities, without a key of root's, and of root's environment with no more than
 * language, time zone, proxies and certificates. The program has to be absolute. What runs before it is root's, and must not
 * be given the account's HOME or PATH: `accountEnvironment` hands them on.
 */
export function asAccount({ uid, gid }: AccountNumbers, command: string[]): string[] {
  const script = "agent/server/processes/linux/enter-account.ts";
  return [...bunScript(script), String(uid), String(gid), ...command];
}

/** For the environment of such a command: these variables are the program's, and none of what root runs on the way. */
export function accountEnvironment(variables: Record<string, string>): Record<string, string> {
  return { [accountVariable]: JSON.stringify(variables) };
}
