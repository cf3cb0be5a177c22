/** Reads of one person at a slow node keep nobody else's waiting, nor the look whether it lives. */
import { expect, test } from "bun:test";
import { NodeCalls } from "../server/cluster/node-calls";
import { askerHeader } from "../shared/protocol";
import { until } from "./within";

/** More than a node is asked at once. */
const many = 60;

test.each(["GET", "HEAD"])(
  "who has least under way at a node is next there, and a look at its health waits behind no person: %s",
  async (method) => {
    const asked: string[] = [];
    using server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request) {
        asked.push(new URL(request.url).pathname);
        // Slow: none is answered while the test looks.
        return new Promise<Response>(() => undefined);
      },
    });
    const row = { id: "b", address: server.url.origin, boot: "", epoch: 0, version: "" };
    const directory = { known: async () => row, find: () => row, isRead: true };
    const calls = new NodeCalls({ own: { node: "a", key: "k".repeat(16) }, directory });
    const closing = new AbortController();
    const ask = (path: string, name?: string) => {
      const headers: Record<string, string> = name === undefined ? {} : { [askerHeader]: name };
      return calls.call("b", { method, path, headers }, closing.signal).catch(() => undefined);
    };
    const all = Array.from({ length: many }, () => ask("/of-eve", "eve"));
    await until(() => asked.length > 0, "the first are asked");
    all.push(ask("/of-anna", "anna"), ask("/of-nobody"));
    await until(
      () => ["/of-anna", "/of-nobody"].every((path) => asked.includes(path)),
      "they are asked",
    );
    const before = asked.filter((path) => path === "/of-eve").length;
    closing.abort();
    await Promise.all(all);
    await server.stop(true);
    expect(before).toBeLessThan(many);
  },
);
