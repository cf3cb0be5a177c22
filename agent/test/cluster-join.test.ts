/** How a node joins, loses and finds again the database that all nodes share, and what it hears of the others. */
import { Database } from "bun:sqlite";
import { afterEach, expect, test } from "bun:test";
import { dirname, join } from "node:path";
import { openCluster } from "../server/cluster/open-cluster";
import type { Notice } from "../server/cluster/cluster-types";
import { neverAborts } from "../server/abort";
import { Store } from "../server/store/store";
import { emptySession } from "../shared/empty-session";
import { lacksPostgres, sharedPostgres } from "./postgres";
import { temporaryDirectory } from "./temporary-directory";
import { untilAsync } from "./within";

const testWithPostgres = test.skipIf(lacksPostgres !== "");

let cleanUp = new AsyncDisposableStack();
afterEach(async () => {
  await cleanUp.disposeAsync();
  cleanUp = new AsyncDisposableStack();
});

async function newDatabase(): Promise<{ url: string; sql: Bun.SQL }> {
  const postgres = await sharedPostgres();
  const url = await postgres.createDatabase();
  cleanUp.defer(() => postgres.dropDatabase(url));
  const sql = new Bun.SQL(url, { max: 1, connection: { search_path: "rein" } });
  cleanUp.defer(() => sql.close({ timeout: 0 }));
  return { url, sql };
}

async function joinNode(databaseUrl: string, node: string, store = new Store(":memory:")) {
  const config = { node, address: `http://${node}:1`, key: "k".repeat(16), databaseUrl };
  const shared = await openCluster({
    config,
    store,
    boot: `boot of ${node}`,
    version: "test",
    takeOverSettled: async () => {},
    compareOwn: async () => {},
    takeBackProcesses: async () => {},
  });
  cleanUp.defer(() => shared.close());
  return shared;
}

testWithPostgres(`nodes that start at once make the tables once${lacksPostgres}`, async () => {
  const { url } = await newDatabase();
  const nodes = await Promise.all(["a", "b", "c", "d"].map((name) => joinNode(url, name)));
  const rows = await nodes[0]!.reader.nodes(neverAborts);
  expect(rows).toEqual(
    ["a", "b", "c", "d"].map((id) => ({
      id,
      address: `http://${id}:1`,
      boot: `boot of ${id}`,
      epoch: 1,
      version: "test",
    })),
  );
});

testWithPostgres(`a database of a newer Rein is refused${lacksPostgres}`, async () => {
  const { url, sql } = await newDatabase();
  await (await joinNode(url, "a")).close();
  await sql`UPDATE schema_version SET version = 9, works_from = 1`;
  await (await joinNode(url, "a")).close();
  await sql`UPDATE schema_version SET works_from = 9`;
  expect(await refusalOf(joinNode(url, "a"))).toContain(
    "was written by a newer Rein: its version is 9",
  );
});

testWithPostgres(`a schema that is not whole is refused in words${lacksPostgres}`, async () => {
  const { url, sql } = await newDatabase();
  await (await joinNode(url, "a")).close();
  await sql`DELETE FROM schema_version`;
  expect(await refusalOf(joinNode(url, "a"))).toContain("does not say its version");
  await sql`DROP TABLE schema_version`;
  const words = await refusalOf(joinNode(url, "a"));
  expect(words).toContain("is not as Rein has made it");
  expect(words).not.toContain("Check that PostgreSQL runs");
});

testWithPostgres(
  `a node hears of the others, and that it may have missed something${lacksPostgres}`,
  async () => {
    const { url, sql } = await newDatabase();
    const [a, b] = [await joinNode(url, "a"), await joinNode(url, "b")];
    const heard: (Notice | undefined)[] = [];
    b.onNotice((notice) => heard.push(notice));
    const hears = (notice: Notice | undefined) =>
      untilAsync(
        async () => heard.some((one) => Bun.deepEquals(one, notice)),
        `${JSON.stringify(notice)} is heard`,
      );
    const notice = { type: "entry", kind: "users", id: "x" } as const;
    await hears(undefined);
    b.notify({ type: "node", id: "b" });
    a.notify(notice);
    await hears(notice);
    expect(heard).not.toContainEqual({ type: "node", id: "b" });
    heard.length = 0;
    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'rein b%'`;
    await hears(undefined);
  },
);

testWithPostgres(
  `a database that cannot be written is gone until it can${lacksPostgres}`,
  async () => {
    const { url, sql } = await newDatabase();
    const a = await joinNode(url, "a");
    const { pathname } = new URL(url);
    const name = pathname.slice(1);
    const end = () =>
      sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rein a'`;
    await sql.unsafe(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
    await end();
    await untilAsync(
      async () => a.state.name === "gone" && a.state.reason.includes("read-only"),
      "it is gone, and why",
    );
    await sql.unsafe(`ALTER DATABASE "${name}" RESET default_transaction_read_only`);
    await untilAsync(async () => a.state.name === "joined", "it has joined again");
    expect(a.epoch).toBe(1);
  },
);

testWithPostgres(
  `a data directory under a new name keeps its sessions, and a copy of one that runs is refused${lacksPostgres}`,
  async () => {
    const { url } = await newDatabase();
    using directory = temporaryDirectory();
    const path = join(directory.path, "rein.db");
    const store = new Store(path);
    store.create(emptySession({ id: "session", title: "t", cwd: "/", provider: "p", model: "m" }));
    const old = await joinNode(url, "old", store);
    const other = await joinNode(url, "other");
    const owner = () => other.reader.nodeOf("session", neverAborts);
    await untilAsync(async () => (await owner()) === "old", "the session is copied");
    const copy = join(directory.path, "copy.db");
    new Database(path).run("VACUUM INTO ?", [copy]);
    expect(await refusalOf(joinNode(url, "copy", new Store(copy)))).toContain(
      "This data directory is that of node “old”, which runs",
    );
    await old.close();
    await joinNode(url, "new", store);
    expect(await owner()).toBe("new");
  },
);

test("a server that works alone loads nothing of a cluster", async () => {
  const loaded = new Set<string>();
  const transpiler = new Bun.Transpiler({ loader: "tsx" });
  const load = async (path: string): Promise<void> => {
    if (loaded.has(path) || !/\.tsx?$/.test(path)) return;
    loaded.add(path);
    const { imports } = transpiler.scan(await Bun.file(path).text());
    for (const { kind, path: named } of imports)
      if (kind === "import-statement" && named.startsWith("."))
        await load(Bun.resolveSync(named, dirname(path)));
  };
  await load(join(import.meta.dir, "../server/index.ts"));
  expect(loaded.size).toBeGreaterThan(300);
  expect([...loaded].filter((path) => path.includes("/server/cluster/"))).toEqual([]);
});

/** Why it does not start. */
function refusalOf(joining: Promise<unknown>): Promise<string> {
  return joining.then(() => "It started.", String);
}
