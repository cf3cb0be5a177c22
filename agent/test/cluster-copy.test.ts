/** Whatever happens in a node is in the shared database too, as it is in the node's own file. */
import { Database } from "bun:sqlite";
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import * as fc from "fast-check";
import { openCluster } from "../server/cluster/open-cluster";
import { PooledReader } from "../server/cluster/shared-reader";
import { neverAborts } from "../server/abort";
import { LiveSession } from "../server/session/live-session";
import { Store } from "../server/store/store";
import { emptySession } from "../shared/empty-session";
import { type EventBody, noUsage } from "../shared/protocol";
import { type DatabaseGate, startDatabaseGate } from "./database-gate";
import { hostileEvents, hostileWords } from "./hostile-session";
import { lacksPostgres, sharedPostgres } from "./postgres";
import { anyScenario } from "./sweep/generators";
import { propertyTest } from "./sweep/property-test";
import { runScenario } from "./sweep/scenario-runner";
import { openServerFixture, type ServerFixture } from "./sweep/server-fixture";
import { stopByName } from "./sweep/stop-interventions";
import { temporaryDirectory } from "./temporary-directory";
import { untilAsync } from "./within";

const testWithPostgres = test.skipIf(lacksPostgres !== "");

let fixture: ServerFixture;
beforeAll(async () => {
  fixture = await openServerFixture();
});
afterAll(() => fixture[Symbol.asyncDispose]());

let cleanUp = new AsyncDisposableStack();
afterEach(endAll);

async function endAll(): Promise<void> {
  await cleanUp.disposeAsync();
  cleanUp = new AsyncDisposableStack();
}

/** Nobody settles anything here. */
const takeOverSettled = async () => {};
const compareOwn = async () => {};
const takeBackProcesses = async () => {};

interface Node {
  store: Store;
  shared: Awaited<ReturnType<typeof openCluster>>;
  gate: DatabaseGate;
  /** Resolves once another node reads the session as this one's file has it. */
  isCopied(sessionId: string): Promise<void>;
  begin(id: string): LiveSession;
}

async function newDatabase(): Promise<string> {
  const postgres = await sharedPostgres();
  const url = await postgres.createDatabase();
  cleanUp.defer(() => postgres.dropDatabase(url));
  return url;
}

async function joinNode(url: string, node = "a", store = new Store(":memory:")): Promise<Node> {
  const gate = await startDatabaseGate(url);
  cleanUp.defer(() => gate[Symbol.asyncDispose]());
  const config = { node, address: `http://${node}:1`, key: "k".repeat(16), databaseUrl: gate.url };
  const shared = await openCluster({
    config,
    store,
    boot: node,
    version: "test",
    takeOverSettled,
    compareOwn,
    takeBackProcesses,
  });
  const other = new PooledReader({ ...config, node: "reader", databaseUrl: url });
  cleanUp.defer(async () => {
    await gate.open();
    await Promise.all([shared.close(), other.close()]);
  });
  return {
    store,
    shared,
    gate,
    isCopied: (id) =>
      untilAsync(
        async () => {
          store.flush();
          const here = store.load(id);
          const there = await other.session(id, neverAborts);
          return Bun.deepEquals(here, there, true);
        },
        () => `session ${id} is copied`,
      ),
    begin(id) {
      const session = emptySession({ id, title: id, cwd: "/", provider: "p", model: "m" });
      store.create(session);
      return new LiveSession(session, store, () => {});
    },
  };
}

propertyTest(
  `any run of a node is read by another one as the node's own file has it${lacksPostgres}`,
  {
    file: "cluster-copy.test.ts",
    seed: 20_611,
    numRuns: lacksPostgres === "" ? 12 : 0,
    timeoutMs: 600_000,
  },
  fc.asyncProperty(anyScenario, fc.nat(40), async (scenario, at) => {
    const { created, events } = await runScenario(fixture, {
      scenario,
      wire: "anthropic",
      intervention: stopByName,
      at,
      transport: "tick",
      sandbox: "off",
    });
    try {
      const node = await joinNode(await newDatabase());
      node.store.create(created!);
      const live = new LiveSession(structuredClone(created!), node.store, () => {});
      for (const event of events) live.emit(event);
      await node.isCopied(created!.id);
    } finally {
      await endAll();
    }
  }),
);

testWithPostgres(`hostile words arrive as they are${lacksPostgres}`, async () => {
  const node = await joinNode(await newDatabase());
  const words = { ...hostileWords, nul: "nul\0\\u0000", surrogate: "half\ud800\udc00\udfff\ud83d" };
  for (const [id, text] of Object.entries(words)) {
    const live = node.begin(id);
    for (const event of hostileEvents(id, text)) live.emit(event);
  }
  for (const id of Object.keys(words)) await node.isCopied(id);
});

testWithPostgres(`a row of 20 MB arrives, and others meanwhile${lacksPostgres}`, async () => {
  const node = await joinNode(await newDatabase());
  const large = node.begin("large");
  for (const event of runOf("large", "x\n".repeat(10_000_000))) large.emit(event);
  const small = node.begin("small");
  for (const event of runOf("small", "Done.")) small.emit(event);
  await node.isCopied("small");
  await node.isCopied("large");
});

testWithPostgres(
  `a row that PostgreSQL refuses keeps no other row from it${lacksPostgres}`,
  async () => {
    const url = await newDatabase();
    const node = await joinNode(url);
    await using sql = new Bun.SQL(url, { max: 1, connection: { search_path: "rein" } });
    await sql.unsafe("ALTER TABLE parts ADD CHECK (data NOT LIKE '%refused%')");
    for (let number = 0; number < 20; number++) {
      const id = `session-${number}`;
      const live = node.begin(id);
      for (const event of runOf(id, number === 7 ? "refused" : "Done.")) live.emit(event);
    }
    for (let number = 0; number < 20; number++)
      if (number !== 7) await node.isCopied(`session-${number}`);
    const [row] =
      await sql`SELECT count(*)::int AS messages FROM messages WHERE session_id = 'session-7'`;
    expect(row.messages).toBe(1);
    expect(node.shared.state.name).toBe("joined");
  },
);

testWithPostgres(
  `what happens in 50 sessions while the database is gone is there when it is back${lacksPostgres}`,
  async () => {
    const node = await joinNode(await newDatabase());
    const lives = Array.from({ length: 50 }, (_, number) => node.begin(`session-${number}`));
    const events = lives.map(({ session }) => runOf(session.id, "One two three."));
    const emitSome = () => {
      for (const [index, live] of lives.entries())
        for (const event of events[index]!.splice(0, 2)) live.emit(event);
    };
    emitSome();
    await node.gate.refuse();
    await isIn(node, "gone");
    while (events.some((left) => left.length > 0)) emitSome();
    node.store.remove("session-3");
    await node.gate.open();
    for (const { session } of lives) await node.isCopied(session.id);
    expect(node.store.has("session-3")).toBe(false);
  },
);

testWithPostgres(`a network that is silent is an outage too${lacksPostgres}`, async () => {
  const node = await joinNode(await newDatabase());
  const live = node.begin("session");
  await node.isCopied("session");
  node.gate.silence();
  for (const event of runOf("session", "Said into the silence.")) live.emit(event);
  await isIn(node, "gone");
  await node.gate.open();
  await node.isCopied("session");
});

testWithPostgres(
  `what another start of the node has left unsaid is copied by the next${lacksPostgres}`,
  async () => {
    const url = await newDatabase();
    using directory = temporaryDirectory();
    const path = join(directory.path, "rein.db");
    const first = await joinNode(url, "a", new Store(path));
    for (const id of ["kept", "deleted"]) first.begin(id);
    await first.isCopied("kept");
    await first.isCopied("deleted");
    await first.gate.refuse();
    await isIn(first, "gone");
    const late = first.begin("late");
    for (const event of runOf("late", "Late.")) late.emit(event);
    first.store.remove("deleted");
    await first.shared.close();
    first.store.close();
    await first.gate.open();
    // Nothing is marked while it works alone, but for deletions.
    const alone = new Store(path);
    alone.shared.workAlone();
    alone.create(emptySession({ id: "alone", title: "t", cwd: "/", provider: "p", model: "m" }));
    alone.remove("kept");
    alone.close();
    const second = await joinNode(url, "a", new Store(path));
    for (const id of ["late", "alone", "kept", "deleted"]) await second.isCopied(id);
    expect(
      second.store
        .list()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(["alone", "late"]);
  },
);

testWithPostgres(
  `a directory whose sessions a node of another name has taken over writes nothing into them${lacksPostgres}`,
  async () => {
    const url = await newDatabase();
    using directory = temporaryDirectory();
    const path = join(directory.path, "rein.db");
    const old = await joinNode(url, "a", new Store(path));
    const live = old.begin("session");
    for (const event of runOf("session", "Said before.")) live.emit(event);
    await old.isCopied("session");
    await old.shared.close();
    const copy = join(directory.path, "copy.db");
    new Database(path).run("VACUUM INTO ?", [copy]);
    const taken = await joinNode(url, "b", new Store(copy));
    await taken.isCopied("session");
    const again = await joinNode(url, "a", new Store(path));
    again.begin("other");
    const late = new LiveSession(again.store.load("session")!, again.store, () => {});
    const second = JSON.stringify(runOf("session", "Said late.")).replaceAll(
      /(run|answer|text)-session/g,
      "$1-late",
    );
    for (const event of JSON.parse(second) as EventBody[]) late.emit(event);
    again.store.flush();
    await again.isCopied("other");
    expect(await again.shared.reader.nodeOf("session", neverAborts)).toBe("b");
    await taken.isCopied("session");
  },
);

testWithPostgres(`a second server with the name of a node is refused${lacksPostgres}`, async () => {
  const url = await newDatabase();
  await joinNode(url, "a");
  expect(await refusalOf(joinNode(url, "a"))).toContain("Another Rein (at http://a:1) is node “a”");
});

testWithPostgres(
  `a database that cannot be used is an error in words, but for a node that has joined it${lacksPostgres}`,
  async () => {
    const url = new URL(await newDatabase());
    using directory = temporaryDirectory();
    const store = new Store(join(directory.path, "rein.db"));
    const wrong = new URL(url);
    wrong.pathname = "/nowhere";
    expect(await refusalOf(joinNode(wrong.href, "a", store))).toContain("Create the database");
    wrong.href = `${url.href}?sslmode=require`;
    expect(await refusalOf(joinNode(wrong.href, "a", store))).toContain(
      "Change sslmode in DATABASE_URL",
    );
    const first = await joinNode(url.href, "a", store);
    await first.shared.close();
    await first.gate.refuse();
    const config = { node: "a", address: "http://a:1", key: "k", databaseUrl: first.gate.url };
    const parts = {
      config,
      store,
      boot: "2",
      version: "test",
      takeOverSettled,
      compareOwn,
      takeBackProcesses,
    };
    const again = await openCluster(parts);
    cleanUp.defer(() => again.close());
    expect(again.state).toMatchObject({ name: "gone" });
    await first.gate.open();
    await untilAsync(async () => again.state.name === "joined", "it has joined");
  },
);

async function isIn({ shared }: Node, name: "gone" | "joined"): Promise<void> {
  await untilAsync(async () => shared.state.name === name, `the database is ${name}`);
}

/** A run with a message and an answer. */
function runOf(sessionId: string, answer: string): EventBody[] {
  const runId = `run-${sessionId}`;
  const message = {
    id: `answer-${sessionId}`,
    runId,
    role: "assistant" as const,
    parts: [],
    createdAt: 1,
    provider: "p",
    model: "m",
  };
  const at = { messageId: message.id };
  const partId = `text-${sessionId}`;
  return [
    {
      type: "run-start",
      sessionId,
      run: { id: runId, state: "running", startedAt: 1, usage: noUsage },
    },
    { type: "message-start", message },
    { type: "part-start", ...at, part: { type: "text", id: partId, text: "" } },
    { type: "part-delta", ...at, partId, field: "text", delta: answer },
    { type: "message-end", ...at, outcome: "done" },
    { type: "run-end", runId, at: 2, outcome: "done", usage: noUsage },
  ];
}

/** Why it does not start. */
function refusalOf(joining: Promise<unknown>): Promise<string> {
  return joining.then(() => "It started.", String);
}
