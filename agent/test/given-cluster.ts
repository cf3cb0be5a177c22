/**
 * `bun run test:database` makes every server of the tests a node of a cluster of its own: the same promises must hold. Tests
 * that name a cluster themselves have theirs; a front of Unix accounts refuses to be a node, and works alone.
 */
import { afterAll } from "bun:test";

/** Of a PostgreSQL that lasts for the whole run; run-tests.ts starts it. */
export const databaseVariable = "REIN_TEST_DATABASE_URL";

/** For the few promises that are those of a server which works alone. */
export const everyServerIsNode = process.env[databaseVariable] !== undefined;

/** By data directory: a server that is started again finds what it has shared. */
const databases = new Map<string, string>();

/** What makes a node of a server on this data directory; empty unless the run asks for it. */
export async function givenCluster(
  environment: Record<string, string>,
  dataDir: string,
): Promise<Record<string, string>> {
  const url = process.env[databaseVariable];
  if (url === undefined || environment["DATABASE_URL"] !== undefined) return {};
  if ((environment["REIN_UNIX_USERS"] ?? "off") !== "off") return {};
  return {
    DATABASE_URL: await databaseOf(url, dataDir),
    REIN_CLUSTER_KEY: "key-of-a-cluster-of-one-node",
    REIN_NODE: "only",
    // No other node calls it.
    REIN_NODE_ADDRESS: "http://127.0.0.1:9",
  };
}

async function databaseOf(url: string, dataDir: string): Promise<string> {
  const known = databases.get(dataDir);
  if (known !== undefined) return known;
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  await ask(url, `CREATE DATABASE ${name} STRATEGY file_copy`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  databases.set(dataDir, own.href);
  return own.href;
}

async function dropAll(): Promise<void> {
  const url = process.env[databaseVariable];
  for (const own of databases.values())
    await ask(url!, `DROP DATABASE IF EXISTS ${own.slice(own.lastIndexOf("/") + 1)} WITH (FORCE)`);
  databases.clear();
}
try {
  afterAll(dropAll);
} catch {
  // In a program: what it has made goes with PostgreSQL.
}

async function ask(url: string, statement: string): Promise<void> {
  const sql = new Bun.SQL(url, { max: 1 });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.close();
  }
}
