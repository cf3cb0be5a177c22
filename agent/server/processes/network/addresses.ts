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

/**
 * All else of IANA's registries of special-purpose addresses (IPv4, IPv6: those within 2000::/3, as of RFC 9780), also what
 * is reachable everywhere: it is for protocols, and no site is there. Multicast and the relay of 6to4 (RFC 7526), too.
 */
const never = subnets([
  "0.0.0.0/8", // this network
  "169.254.0.0/16", // link-local
  "192.0.0.0/24", // protocols of the IETF
  "192.0.2.0/24", // documentation
  "192.31.196.0/24", // AS112
  "192.52.193.0/24", // multicast tunnels (AMT)
  "192.88.99.0/24", // relay of 6to4
  "192.175.48.0/24", // AS112
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, broadcast
  "2001::/23", // protocols of the IETF, Teredo among them
  "2001:db8::/32", // documentation
  "2002::/16", // 6to4
  "2620:4f:8000::/48", // AS112
  "3fff::/20", // documentation
]);

/** Outside of it are NAT64, IPv4 in IPv6, discard, segment routing and link-local. */
const globalUnicast = subnets(["2000::/3"]);

function subnets(all: string[]): BlockList {
  const list = new BlockList();
  for (const one of all) {
    const [address = "", bits] = one.split("/");
    list.addSubnet(address, Number(bits), isIPv4(address) ? "ipv4" : "ipv6");
  }
  return list;
}
