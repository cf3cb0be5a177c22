/** A stop goes to its node on a connection that was used before, and is delivered all the same when that is of no use any more. */
import { expect, test } from "bun:test";
import type { Socket } from "bun";
import { NodeCalls } from "../server/cluster/node-calls";
import { nodeHeader } from "../shared/protocol";

const never = new AbortController().signal;
/** Longer than the slowest machine takes. */
const longMs = 60_000;
const stop = { method: "POST", path: "/api/sessions/s/stop", body: '{"runId":"r"}' };

/** A node that answers each request on a connection but those of which `answers` says otherwise, by connection and request. */
function startNode(answers: (connection: number, request: number) => "yes" | "close" | "silence") {
  const requests: string[] = [];
  let connections = 0;
  const server = Bun.listen<{ connection: number; requests: number }>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        socket.data = { connection: ++connections, requests: 0 };
      },
      data(socket) {
        const { connection } = socket.data;
        const request = ++socket.data.requests;
        requests.push(`${connection}.${request}`);
        const how = answers(connection, request);
        if (how === "close") socket.terminate();
        if (how === "yes") answer(socket, connection);
      },
    },
  });
  const row = { id: "a", address: `http://127.0.0.1:${server.port}`, boot: "b", epoch: 1 };
  const directory = { find: () => row, known: async () => row, isRead: true };
  const own = { node: "b", key: "key" };
  return {
    requests,
    /** The connection that has answered. */
    async ask(mayRepeat: boolean, keptMs = longMs) {
      const calls = new NodeCalls({ own, directory: directory as never, keptMs });
      const called = await calls.call("a", { ...stop, mayRepeat }, never);
      if (!("answer" in called)) return called.unreached.kind;
      return (JSON.parse(called.answer.body as string) as { connection: number }).connection;
    },
    [Symbol.dispose]: () => server.stop(true),
  };
}

function answer(socket: Socket<unknown>, connection: number): void {
  const body = JSON.stringify({ connection });
  const headers = [`${nodeHeader}: a`, "Content-Type: application/json"];
  socket.write(
    `HTTP/1.1 200 OK\r\n${headers.join("\r\n")}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

test("stops of one run share a connection, and what cannot be asked twice has its own", async () => {
  using node = startNode(() => "yes");
  expect([await node.ask(true), await node.ask(true), await node.ask(false)]).toEqual([1, 1, 2]);
});

test("a connection that the node is closing does not lose the stop", async () => {
  using node = startNode((connection, request) =>
    connection === 1 && request === 2 ? "close" : "yes",
  );
  expect([await node.ask(true), await node.ask(true)]).toEqual([1, 2]);
  expect(node.requests).toEqual(["1.1", "1.2", "2.1"]);
});

test("a connection that is forgotten on the way does not hold the stop", async () => {
  using node = startNode((connection, request) =>
    connection === 1 && request === 2 ? "silence" : "yes",
  );
  expect([await node.ask(true), await node.ask(true, 50)]).toEqual([1, 2]);
});

test("a node that closes every connection is not reached", async () => {
  using node = startNode(() => "close");
  expect(await node.ask(true)).toBe("unclear");
  expect(node.requests).toEqual(["1.1", "2.1"]);
});
