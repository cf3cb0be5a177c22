/** What counts as the life of a node: its own proven word, whatever its clock says, and nothing else that has its address. */
import { expect, test } from "bun:test";
import { Hono } from "hono";
import { neverAborts } from "../server/abort";
import { askHealth } from "../server/cluster/ask-health";
import { ReceivedProofs } from "../server/cluster/received-proofs";
import { clusterAccess } from "../server/http/cluster/hop";
import { answerError } from "../server/http/error-answer";

const key = "a key that all nodes of this cluster share";
const own = { node: "a", key };
const hour = 3_600_000;

interface Node {
  node?: string;
  of?: string;
  status?: 200 | 503;
}

/** A node at a port of its own, of which all but its health is missing; its clock is that much ahead. */
function nodeAhead(ms: number, { node = "b", of = key, status = 200 }: Node = {}) {
  const clock = new ReceivedProofs(() => Date.now() + ms);
  const access = clusterAccess({ node, key: of }, clock);
  const app = new Hono();
  app.use(access.answer);
  app.use(async (c, next) => {
    if (!(await access.accept(c))) return c.json({ error: { code: "token", message: "" } }, 401);
    return next();
  });
  app.get("/api/health", (c) => c.json({ cluster: { node } }, status));
  app.onError(answerError);
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: app.fetch });
  const address = `http://127.0.0.1:${server.port}`;
  return { address, [Symbol.dispose]: () => void server.stop(true) };
}

function healthOf({ address }: { address: string }) {
  return askHealth(own, { id: "b", address }, neverAborts);
}

test("a node lives, however far its clock is from that of the node that asks", async () => {
  for (const ms of [0, hour, -hour, 400 * 24 * hour]) {
    using b = nodeAhead(ms);
    expect(await healthOf(b)).toBe("lives");
  }
});

test("a node lives whose disk does not answer: its runs go on", async () => {
  using b = nodeAhead(0, { status: 503 });
  expect(await healthOf(b)).toBe("lives");
});

test("what does not prove the key, or is another node, is not known to live", async () => {
  for (const other of [{ of: `${key}.` }, { node: "c" }]) {
    using b = nodeAhead(0, other);
    expect(await healthOf(b)).toBe("silent");
  }
});

test("where nothing listens, the node is refused", async () => {
  const gone = nodeAhead(0);
  gone[Symbol.dispose]();
  expect(await healthOf(gone)).toBe("refused");
});
