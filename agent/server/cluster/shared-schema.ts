/** The tables that all nodes share, in a schema of their own, and the way from each version to the next. */

/** `TEXT` and not jsonb, which refuses what the output of a tool may hold. No foreign keys: rows come in any order. */
const version1 = `
CREATE TABLE nodes (
  id TEXT PRIMARY KEY, address TEXT NOT NULL, boot TEXT NOT NULL, epoch BIGINT NOT NULL DEFAULT 1, version TEXT NOT NULL);
CREATE TABLE sessions (
  id TEXT PRIMARY KEY, node TEXT NOT NULL, user_id TEXT, updated_at BIGINT NOT NULL, deleted_at BIGINT, data TEXT NOT NULL);
CREATE TABLE runs (
  session_id TEXT NOT NULL, id TEXT NOT NULL, node TEXT NOT NULL, position BIGINT NOT NULL, settled BOOLEAN NOT NULL,
  started_at BIGINT, stopped_at BIGINT, settled_by TEXT, data TEXT NOT NULL, PRIMARY KEY (session_id, id));
CREATE TABLE messages (
  session_id TEXT NOT NULL, id TEXT NOT NULL, run_id TEXT, agent_id TEXT, position BIGINT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY (session_id, id));
CREATE TABLE parts (
  session_id TEXT NOT NULL, id TEXT NOT NULL, message_id TEXT NOT NULL, position BIGINT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY (session_id, id));
CREATE TABLE shared_entries (kind TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (kind, id));
CREATE INDEX sessions_of_node ON sessions (node);
CREATE INDEX runs_by_id ON runs (id);
CREATE INDEX runs_by_position ON runs (session_id, position);
CREATE INDEX unsettled_runs ON runs (node) WHERE NOT settled;
CREATE INDEX runs_settled_by_others ON runs (node) WHERE settled_by IS NOT NULL;
CREATE INDEX stopped_runs ON runs (stopped_at) WHERE stopped_at IS NOT NULL;
`;

/** Who is signed in is found by the hash of what a browser shows. */
const version2 = `
ALTER TABLE shared_entries ADD COLUMN hash TEXT;
CREATE INDEX shared_entries_by_hash ON shared_entries (kind, hash) WHERE hash IS NOT NULL;
`;

/** Deleted while their node was not in the cluster: it removes them when it is back. */
const version3 = `
CREATE TABLE removed_sessions (id TEXT PRIMARY KEY, node TEXT NOT NULL);
`;

/** `living`: a background process is said to run. `settled_by`: the node that has marked its processes as unknown, until its own node is back. */
const version4 = `
ALTER TABLE sessions ADD COLUMN living BOOLEAN NOT NULL DEFAULT false, ADD COLUMN settled_by TEXT;
UPDATE sessions SET living = true WHERE data LIKE '%"processes":[{%';
CREATE INDEX living_sessions ON sessions (node) WHERE living;
CREATE INDEX sessions_settled_by_others ON sessions (node) WHERE settled_by IS NOT NULL;
`;

/** The newest sessions are asked for with each list that a page shows. */
const version5 = `
CREATE INDEX sessions_by_update ON sessions (updated_at);
`;

interface Migration {
  sql: string;
  /** The oldest Rein, by the newest version that it knows, which can work on the result: nodes are replaced one by one. */
  worksFrom: number;
}

const migrations: Migration[] = [
  { sql: version1, worksFrom: 1 },
  { sql: version2, worksFrom: 1 },
  { sql: version3, worksFrom: 1 },
  { sql: version4, worksFrom: 1 },
  { sql: version5, worksFrom: 1 },
];

const newest = migrations.length;
const oldestPostgres = 15;

export const schemaName = "rein";

/** What cannot be mended by waiting, in words for the person who starts the server. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/** Brings the database to the newest version, once, however many nodes start. Throws RefusedError where it cannot be used. */
export async function prepareSchema(sql: Bun.SQL): Promise<void> {
  const [server] = await sql`SELECT current_setting('server_version_num')::int AS number`;
  const major = Math.trunc(server.number / 10_000);
  if (major < oldestPostgres)
    throw new RefusedError(
      `The PostgreSQL of DATABASE_URL is version ${major}; Rein needs ${oldestPostgres} or newer.`,
    );
  await sql.begin(async (transaction) => {
    await transaction`SELECT pg_advisory_xact_lock(hashtextextended('rein schema', 0))`;
    const version = await readVersion(transaction);
    for (const [index, { sql: statements, worksFrom }] of migrations.entries()) {
      if (index < version) continue;
      await transaction.unsafe(statements);
      await transaction`UPDATE schema_version SET version = ${index + 1}, works_from = ${worksFrom}`;
    }
  });
}

async function readVersion(sql: Bun.SQL): Promise<number> {
  const [{ found }] = await sql`SELECT to_regclass('rein.schema_version') IS NOT NULL AS found`;
  if (!found) {
    await sql.unsafe(`CREATE SCHEMA IF NOT EXISTS ${schemaName};
      CREATE TABLE schema_version (version INT NOT NULL, works_from INT NOT NULL, installation TEXT NOT NULL);
      INSERT INTO schema_version VALUES (0, 0, gen_random_uuid()::text)`);
    return 0;
  }
  const [row] = await sql`SELECT version, works_from FROM schema_version`;
  if (row === undefined)
    throw new RefusedError(
      `The schema “${schemaName}” in the database of DATABASE_URL does not say its version: it is not whole. Put the database back from a backup, or remove the schema: each node copies what it has again.`,
    );
  if (row.works_from > newest)
    throw new RefusedError(
      `The database of DATABASE_URL was written by a newer Rein: its version is ${row.version}, and this Rein reads up to ${newest}. Start the newer Rein on this machine too.`,
    );
  return row.version;
}

/** Names this database as it is: another one, or one that was put back from a copy or a standby, has another name. */
export async function identityOf(sql: Bun.SQL): Promise<string> {
  const [own] = await sql`
    SELECT installation, (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS oid FROM schema_version`;
  const [place] = await sql`
    SELECT system_identifier::text AS system, left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline
    FROM pg_control_system()`.catch(() => [{ system: "", timeline: "" }]); // some services refuse it
  return [own.installation, own.oid, place.system, place.timeline].join(" ");
}
