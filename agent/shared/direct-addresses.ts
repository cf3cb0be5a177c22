/** Requests to this machine itself go past the proxy that the environment names: it would ask itself, or refuse. */

/** Variables with which a program asks this machine itself past the proxy of `from`: both spellings are read. */
export function direct(from: Record<string, string | undefined>): Record<string, string> {
  const set = [from["NO_PROXY"], from["no_proxy"]].flatMap((value) => value?.split(",") ?? []);
  const all = new Set([...set.map((one) => one.trim()).filter(Boolean), ...ownAddresses]);
  const list = [...all].join(",");
  return { NO_PROXY: list, no_proxy: list };
}

const ownAddresses = ["localhost", "127.0.0.1", "::1"];
