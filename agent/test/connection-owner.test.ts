/** The owner of a connection is found for each way in which this machine reaches a port of its own. */
import { expect, test } from "bun:test";
import { networkInterfaces } from "node:os";
import { connectionOwners } from "../server/unix-users/connection-owner";

const isLinux = process.platform === "linux";
const linux = isLinux ? test : test.skip;
const lack = isLinux ? "" : " (skipped: it needs /proc)";
const uid = process.getuid?.() ?? -1;

linux(
  `a connection of this machine has its user, by IPv4, by IPv6 and by both at once${lack}`,
  async () => {
    const seen: unknown[] = [];
    await using server = serve("::", seen);
    const other = Object.values(networkInterfaces())
      .flatMap((all = []) => all)
      .find(({ internal, family }) => !internal && family === "IPv4")?.address;
    for (const host of ["127.0.0.1", "[::1]", "127.0.0.9", ...(other ? [other] : [])])
      await fetch(`http://${host}:${server.port}`).then((answer) => answer.text());
    expect(seen.length).toBeGreaterThan(2);
    for (const owners of seen) expect(owners).toEqual([uid]);
  },
);

linux(
  `one that is closed has none, and one of another machine is not this machine's${lack}`,
  () => {
    expect(connectionOwners({ address: "127.0.0.1", port: 1 }, 2)).toEqual([]);
    expect(connectionOwners({ address: "::ffff:127.0.0.1", port: 1 }, 2)).toEqual([]);
    expect(connectionOwners({ address: "::1", port: 1 }, 2)).toEqual([]);
    expect(connectionOwners({ address: "192.0.2.1", port: 1 }, 2)).toBeUndefined();
    expect(connectionOwners({ address: "2001:db8::1", port: 1 }, 2)).toBeUndefined();
  },
);

function serve(hostname: string, seen: unknown[]) {
  const server = Bun.serve({
    hostname,
    port: 0,
    fetch(request, own) {
      const { address, port } = own.requestIP(request)!;
      seen.push(connectionOwners({ address, port }, own.port!));
      return new Response("ok");
    },
  });
  return { port: server.port, [Symbol.asyncDispose]: () => server.stop(true) };
}
