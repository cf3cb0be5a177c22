/** Which Unix user has made a connection from this machine to one of its own ports, as the kernel says it. */
import { readFileSync } from "node:fs";
import { isIPv4, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

interface Peer {
  address: string;
  port: number;
}

/** Of a line of /proc/net/tcp, in hexadecimal. */
const established = "01";

/**
 * The numbers of the users whose socket may be at the other end, of `port` of this server; undefined: it is another machine's.
 * Empty: of this machine, and closed meanwhile, so that nobody knows. Throws where there is no /proc.
 */
export function connectionOwners(peer: Peer, port: number): number[] | undefined {
  const forms = tableForms(peer.address);
  const local = hexPort(peer.port);
  const remote = hexPort(port);
  const owners = ["tcp", "tcp6"].flatMap((table) =>
    readTable(table).flatMap((line) => {
      // Number, its own end, the other end, state, queues, timer, timeouts, user, timeout, inode.
      const [, own = "", other = "", state, , , , uid, , inode] = line.trim().split(/\s+/);
      const isMeant = own.endsWith(local) && other.endsWith(remote) && state === established;
      // What has no inode is closed already, and counts as root's there.
      const isOpen = isMeant && inode !== "0" && forms.has(own.slice(0, -local.length));
      return isOpen ? [Number(uid)] : [];
    }),
  );
  return owners.length > 0 || isOwnAddress(forms) ? owners : undefined;
}

function readTable(name: string): string[] {
  try {
    return readFileSync(`/proc/net/${name}`, "utf8").split("\n").slice(1);
  } catch (error) {
    // A kernel without IPv6 has none of it.
    if (name === "tcp6") return [];
    throw error;
  }
}

function isOwnAddress(forms: ReadonlySet<string>): boolean {
  // All of 127.0.0.0/8 is this machine, and no interface lists it.
  for (const form of forms) if (/^(0{16}FFFF0000)?[0-9A-F]{6}7F$/.test(form)) return true;
  const own = Object.values(networkInterfaces()).flatMap((all = []) => all);
  return own.some(({ address }) => [...tableForms(address)].some((form) => forms.has(form)));
}

function hexPort(port: number): string {
  return `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** As the tables have an address: words of four bytes in the machine's order; one of IPv4 also as one of IPv6. */
function tableForms(address: string): Set<string> {
  const [plain = ""] = address.split("%");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1] ?? plain;
  if (isIPv4(mapped)) {
    const form = words(mapped.split(".").map(Number));
    return new Set([form, `${"0".repeat(16)}FFFF0000${form}`]);
  }
  return new Set(isIPv6(plain) ? [words(bytesOf(plain))] : []);
}

function bytesOf(address: string): number[] {
  // In its one form, with no dots.
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = text.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const [first, last] = [groups(head), groups(tail ?? "")];
  const zeros = Array<string>(tail === undefined ? 0 : 8 - first.length - last.length).fill("0");
  return [...first, ...zeros, ...last].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

/** Of a little-endian machine, as all are on which Rein runs. */
function words(bytes: number[]): string {
  const text = (byte: number) => byte.toString(16).toUpperCase().padStart(2, "0");
  let form = "";
  for (let at = 0; at < bytes.length; at += 4)
    form += bytes
      .slice(at, at + 4)
      .toReversed()
      .map(text)
      .join("");
  return form;
}
