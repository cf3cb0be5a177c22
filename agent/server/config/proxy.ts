/** The proxy of the environment. This process asks this machine itself past a proxy: Bun's fetch obeys the variables as they are at the request. */
import { direct } from "../../shared/direct-addresses";

export function bypassProxy(): void {
  Object.assign(process.env, direct(process.env));
}

/** The variables that name it, as Bun's fetch obeys them now. */
export function proxyVariables(): Record<string, string | undefined> {
  return process.env;
}
