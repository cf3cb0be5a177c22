/** The addresses of proxies that are believed when they say who asks. */
import { BlockList, isIPv4, isIPv6 } from "node:net";

export interface TrustedProxies {
  /** `address`: of the other end of the connection. */
  has(address: string): boolean;
}

/** Addresses and blocks such as 10.0.0.0/8 and fd00::/8; undefined when one of them is neither, or there is none. */
export function parseProxies(texts: readonly string[]): TrustedProxies | undefined {
  const list = new BlockList();
  for (const text of texts) {
    const [address = "", bits, ...more] = text.split("/");
    const plain = plainAddress(address);
    const isMapped = isIPv6(address) && isIPv4(plain);
    const most = isIPv4(plain) ? 32 : 128;
    const length = bits === undefined ? most : Number(bits) - (isMapped ? 96 : 0);
    if (!isIPv4(plain) && !isIPv6(plain)) return undefined;
    if (more.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return undefined;
    // /0 would be everyone.
    if (length < 1 || length > most) return undefined;
    list.addSubnet(plain, length, familyOf(plain));
  }
  if (texts.length === 0) return undefined;
  return {
    has(address) {
      const plain = plainAddress(address);
      return (isIPv4(plain) || isIPv6(plain)) && list.check(plain, familyOf(plain));
    },
  };
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv4(address) ? "ipv4" : "ipv6";
}

/** Without a zone; an IPv4 address that is written as IPv6 (::ffff:10.0.0.1) as what it is. */
function plainAddress(address: string): string {
  const [name = ""] = address.replace(/^\[|\]$/g, "").split("%");
  if (!isIPv6(name)) return name;
  const [, first, second] =
    /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(
      new URL(`http://[${name}]`).hostname.slice(1, -1),
    ) ?? [];
  if (first === undefined || second === undefined) return name;
  const bytes = [first, second]
    .map((one) => Number.parseInt(one, 16))
    .flatMap((one) => [one >> 8, one & 255]);
  return bytes.join(".");
}
