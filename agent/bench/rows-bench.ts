/** A shared database with very many sessions of another node: what each node asks of it all the time. */
import { openPool } from "../server/cluster/connect-postgres";
import { PooledReader } from "../server/cluster/shared-reader";
import { prepareSchema } from "../server/cluster/shared-schema";
import { copyRows } from "../server/cluster/shared-statements";
import { emptySession } from "../test/long-session";
import { startPostgres } from "../test/postgres";
import { printFigures } from "./statistics";

const sessionCount = 100_000;
/** PostgreSQL plans a statement anew the first five times. */
const firstRounds = 10;
const rounds = 100;
const signal = new AbortController().signal;

export async function benchRows(): Promise<void> {
  await using postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  const sql = openPool({ url: databaseUrl, name: "bench", max: 1 });
  const config = { node: "a", address: "http://a:1", key: "k".repeat(16), databaseUrl };
  const reader = new PooledReader(config);
  try {
    await prepareSchema(sql);
    await addSessions(sql);
    const named = (round: number) => reader.summaries({ ids: [`session-${round + 1}`] }, signal);
    await measure(`a changed row of ${sessionCount} sessions`, named);
    await measure("the newest of them, for a list", () => reader.newest(signal));
    await measure("a batch of one session", (round) => copyRows(sql, "a", batchOf(round), []));
  } finally {
    await reader.close();
    await sql.close({ timeout: 0 });
  }
}

async function addSessions(sql: Bun.SQL): Promise<void> {
  const data = JSON.stringify({ ...emptySession("/"), title: "x".repeat(500) });
  await sql`
    INSERT INTO sessions (id, node, updated_at, data)
    SELECT 'session-' || i, 'other', i, ${data} FROM generate_series(1, ${sessionCount}) AS i`;
  await sql`ANALYZE`;
}

function batchOf(round: number) {
  const id = `own-${round}`;
  const session = { id, user_id: null, updated_at: 1, deleted_at: null, living: false, data: "{}" };
  const part = { id, session_id: id, message_id: id, position: 0, data: "{}" };
  return { sessions: [session], runs: [], messages: [], parts: [part] };
}

async function measure(name: string, ask: (round: number) => Promise<unknown>): Promise<void> {
  const samples: number[] = [];
  for (let round = 0; round < firstRounds + rounds; round++) {
    const begun = performance.now();
    await ask(round);
    if (round >= firstRounds) samples.push(performance.now() - begun);
  }
  printFigures(name, samples);
}
