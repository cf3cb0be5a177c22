/** Which addresses are a trusted proxy's: those that were named, however they are written, and never everyone. */
import { expect, test } from "bun:test";
import { parseProxies } from "../server/config/trusted-proxies";

test("an address and a block are believed, and what is beside them is not", () => {
  const proxies = parseProxies(["192.0.2.7", "10.1.0.0/16", "fd00:1::/32", "::1"])!;
  for (const address of ["192.0.2.7", "10.1.255.1", "fd00:1::9", "::1", "fd00:1::9%eth0"])
    expect([address, proxies.has(address)]).toEqual([address, true]);
  for (const address of ["192.0.2.8", "10.2.0.1", "fd00:2::1", "::2", "127.0.0.1", "", "nobody"])
    expect([address, proxies.has(address)]).toEqual([address, false]);
});

test("an address of IPv4 is the same where it is written as one of IPv6", () => {
  expect(parseProxies(["10.0.0.1"])!.has("::ffff:10.0.0.1")).toBe(true);
  expect(parseProxies(["10.0.0.1"])!.has("::ffff:a00:1")).toBe(true);
  expect(parseProxies(["10.0.0.1"])!.has("::ffff:10.0.0.2")).toBe(false);
  const proxies = parseProxies(["::ffff:10.1.0.0/112"])!;
  const asked = ["10.1.9.9", "::ffff:10.1.9.9", "10.2.0.0"];
  expect(asked.map((one) => proxies.has(one))).toEqual([true, true, false]);
});

test("a block that is everyone, or that is none, is refused", () => {
  const wrong = ["0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96", "10.0.0.0/33", "fd00::/129"];
  for (const text of [...wrong, "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/x", "proxy.example", ""])
    expect([text, parseProxies([text])]).toEqual([text, undefined]);
  expect(parseProxies([])).toBeUndefined();
  expect(parseProxies(["10.0.0.1", "0.0.0.0/0"])).toBeUndefined();
});
