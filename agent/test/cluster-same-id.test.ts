/** One session id that is begun at two nodes in the same moment: one of them begins it, and nothing is said to be shared that is not. */
import { expect, test } from "bun:test";
import { nodeHeader, type SessionSummary } from "../shared/protocol";
import { aRequest } from "./cluster-node";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { storedSession } from "./shared-rows-scene";
import { hang, text } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a", "b"] });
const title = (words: string) => `${words}${lacksPostgres}`;
const isSkipped = lacksPostgres !== "";

const rounds = 20;

async function begin(name: string, newSessionId: string): Promise<Response> {
  const response = await cluster.node(name).rein.fetch("/api/chat", {
    method: "POST",
    body: JSON.stringify({ ...aRequest, newSessionId, message: `At ${name}` }),
  });
  return new Response(await response.text(), response);
}

async function listAt(name: string): Promise<SessionSummary[]> {
  const { rein } = cluster.node(name);
  return (await rein.json<{ sessions: SessionSummary[] }>("/api/sessions")).sessions;
}

test.skipIf(isSkipped)(
  title("is one session everywhere, and the other caller is told that it is there already"),
  async () => {
    cluster.upstream.script(...Array.from({ length: rounds * 2 }, () => [text("Here.")]));
    for (let round = 0; round < rounds; round++) {
      const id = `twice-${round}`;
      const answers = await Promise.all([begin("a", id), begin("b", id)]);
      expect(answers.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([200, 409]);
      const refused = answers.find(({ status }) => status === 409);
      expect(await refused!.json()).toMatchObject({ error: { code: "session-exists" } });
    }
    expect(cluster.upstream.requests).toHaveLength(rounds);
    for (const name of ["a", "b"])
      await untilAsync(
        async () => (await listAt(name)).length === rounds,
        `${name} lists each session once`,
      );
    for (const { id, node } of await listAt("a")) {
      const stored = await storedSession(cluster.databaseUrl, id);
      expect(JSON.stringify(stored!.messages)).toContain(`At ${node}`);
      expect(stored!.runs).toMatchObject([{ outcome: "done" }]);
    }
    await untilAsync(async () => {
      const locks = await cluster.sql`
        SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
      return locks.length === 2;
    }, "only the locks of the two nodes are left");
  },
);

test.skipIf(isSkipped)(
  title(
    "while the database is gone is the session of the one that shares it, and the other keeps what it has beside it",
  ),
  async () => {
    const [a, b] = [cluster.node("a"), cluster.node("b")];
    await b.database.refuse();
    await untilAsync(async () => {
      const { cluster: own } = await b.rein.json<{ cluster: { database: string } }>("/api/health");
      return own.database === "gone";
    }, "b has noticed it");
    cluster.upstream.script([text("Said at a.")]);
    await begin("a", "both");
    await untilAsync(
      async () => (await storedSession(cluster.databaseUrl, "both"))?.runs[0]?.state === "settled",
      "a has shared it",
    );
    a.freeze();
    cluster.upstream.script([text("Said at b. "), hang]);
    const chat = b.send({ newSessionId: "both", message: "At b" });
    await chat.until(({ type }) => type === "part-delta");
    a.resume();
    await b.database.open();
    await chat.ended;
    expect(chat.session.runs[0]).toMatchObject({ outcome: "stopped", stop: { by: "crash" } });
    const nodeAt = async () => (await b.rein.fetch("/api/sessions/both")).headers.get(nodeHeader);
    await untilAsync(async () => (await nodeAt()) === "a", "a answers for it at b, too");
    expect(JSON.stringify(await b.rein.session("both"))).not.toContain("Said at b.");
    const own = (await listAt("b")).filter(({ node }) => node === "b");
    expect(own.map((one) => one.title)).toEqual(["At b (as b had it)"]);
    await untilAsync(
      async () =>
        JSON.stringify(await storedSession(cluster.databaseUrl, own[0]!.id)).includes("Said at b."),
      "what b had is shared as a session of its own",
    );
    expect(JSON.stringify(await storedSession(cluster.databaseUrl, "both"))).not.toContain("At b");
  },
);

test.skipIf(isSkipped)(
  title("an id that PostgreSQL cannot be asked for is refused at each node, and asks nobody"),
  async () => {
    for (const name of ["a", "b"])
      for (const id of ["half-\ud800", "\udc00", "zero-\0"]) {
        const response = await begin(name, id);
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ error: { code: "input" } });
        const path = `/api/sessions/${encodeURIComponent(id.toWellFormed())}`;
        expect((await cluster.node(name).rein.fetch(path)).status).toBe(404);
      }
    expect(cluster.upstream.requests).toEqual([]);
    // The connections to the database live.
    cluster.upstream.script([text("Here.")]);
    expect((await begin("b", "whole")).status).toBe(200);
    await untilAsync(async () => (await listAt("a")).length === 1, "a lists what b has");
  },
);
