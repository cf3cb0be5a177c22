/** A cluster on machines that are busy: a step of a join may take seconds, and so may an answer of a node that lives. */
import { afterEach, expect, test } from "bun:test";
import { clusterScene } from "./cluster-scene";
import { type Front, startFront } from "./front";
import { lacksPostgres } from "./postgres";
import { text } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["b"] });
const title = (words: string) => `${words}${lacksPostgres}`;
const isSkipped = lacksPostgres !== "";

/** Between b and a. */
let way: Front | undefined;
afterEach(async () => {
  await way?.[Symbol.asyncDispose]();
  way = undefined;
});

/** Longer than PostgreSQL waits for a node at work, and than anything else of it took so far. */
const slowMs = 2600;

test.skipIf(isSkipped)(
  title(
    "a node that has never joined starts, though it leaves the database waiting between two steps",
  ),
  async () => {
    const { sql } = cluster;
    let started: Promise<unknown> | undefined;
    await sql.begin(async (transaction) => {
      await transaction`SELECT pg_advisory_xact_lock(hashtextextended('rein schema', 0))`;
      started = cluster.add("c");
      started.catch(() => undefined);
      await untilAsync(async () => {
        const waiting = await sql`
          SELECT 1 FROM pg_stat_activity WHERE application_name = 'rein c' AND wait_event_type = 'Lock'`;
        return waiting.length === 1;
      }, "c waits for the lock of the schema");
      cluster.node("c").database.silence();
    });
    await Bun.sleep(slowMs);
    await cluster.node("c").database.open();
    await started;
    const [times] = await sql`
      SELECT count(*)::int AS nodes FROM rein.nodes WHERE id = 'c'`;
    expect(times).toEqual({ nodes: 1 });
  },
);

test.skipIf(isSkipped)(
  title(
    "a session is shown by another node, though its own takes seconds to answer and the database is gone",
  ),
  async () => {
    const b = cluster.node("b");
    way = startFront({
      get url() {
        return cluster.node("a").rein.url;
      },
      signInAddress: () => cluster.node("a").rein.signInAddress(),
    });
    const a = await cluster.add("a", { environment: { REIN_NODE_ADDRESS: way.url } });
    await untilAsync(async () => {
      const { nodes } = await b.rein.json<{ nodes: { name: string }[] }>("/api/cluster");
      return nodes.length === 2;
    }, "b knows a");
    await b.database.refuse();
    await untilAsync(async () => {
      const { cluster: own } = await b.rein.json<{ cluster: { database: string } }>("/api/health");
      return own.database === "gone";
    }, "b has noticed it");
    cluster.upstream.script([text("Here.")]);
    const chat = a.send();
    await chat.ended;
    way.instead = async () => {
      await Bun.sleep(slowMs);
      return undefined as never;
    };
    const { messages } = await b.rein.session(chat.sessionId);
    expect(JSON.stringify(messages)).toContain("Here.");
  },
);
