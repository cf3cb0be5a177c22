/** What kind of machine an address leads to: the name alone does not tell. */
import { BlockList, isIPv4, isIPv6 } from "node:net";

export type AddressKind = "public" | "private" | "loopback" | "never";

/** "never": link-local (cloud metadata), multicast, reserved, or IPv4 hidden in IPv6. */
export function kindOf(address: string): AddressKind {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  const family = isIPv4(plain) ? "ipv4" : isIPv6(plain) ? "ipv6" : undefined;
  if (family === undefined) return "never";
  if (loopback.check(plain, family)) return "loopback";
  if (privates.check(plain, family)) return "private";
  if (never.check(plain, family)) return "never";
  return family === "ipv4" || globalUnicast.check(plain, family) ? "public" : "never";
}

const loopback = subnets(["127.0.0.0/8", "::1/128"]);

const privates = subnets([
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "fc00::/7",
]);

/** The registries of special addresses (RFC 6890), and of the ways to write IPv4 addresses in IPv6. */
const never = subnets([
  ..."0.0.0.0/8 169.254.0.0/16 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15".split(" "),
  ..."198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4".split(" "),
  ..."2001::/23 2001:db8::/32 2002::/16".split(" "),
]);

const globalUnicast = subnets(["2000::/3"]);

function subnets(all: string[]): BlockList {
  const list = new BlockList();
  for (const one of all) {
    const [address = "", bits] = one.split("/");
    list.addSubnet(address, Number(bits), isIPv4(address) ? "ipv4" : "ipv6");
  }
  return list;
}
