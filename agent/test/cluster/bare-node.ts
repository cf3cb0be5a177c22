/**
 * `bun bare-node.ts HOST PORT [ADDRESS]`: a server that does what a stop across nodes cannot do without, and nothing of Rein.
 * With ADDRESS it passes a request on to that one; else it commits a row to its own file and, through DATABASE_URL, to
 * PostgreSQL, and answers when both have it.
 */
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WalSynchroniser } from "../../server/store/wal-synchroniser";

const [hostname, port, address] = process.argv.slice(2);
const commit = address === undefined ? await openBoth() : undefined;
Bun.serve({
  hostname: hostname!,
  port: Number(port),
  async fetch(request) {
    const text = await request.text();
    if (commit === undefined)
      return new Response(await askOnce(address!, text).then((answer) => answer.text()));
    await commit(text);
    return new Response("{}");
  },
});
console.log("listening");

async function openBoth() {
  const folder = mkdtempSync(join(tmpdir(), "rein-bare-"));
  process.once("SIGTERM", () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
  const path = join(folder, "bare.db");
  const own = new Database(path);
  own.run("PRAGMA journal_mode = WAL");
  own.run("PRAGMA synchronous = NORMAL");
  own.run("CREATE TABLE ends (data TEXT)");
  const insert = own.query("INSERT INTO ends VALUES (?)");
  const wal = new WalSynchroniser(path);
  const shared = new Bun.SQL(process.env["DATABASE_URL"]!, { max: 1 });
  await shared`CREATE TABLE IF NOT EXISTS bare_ends (data TEXT)`;
  return async (data: string) => {
    insert.run(data);
    await Promise.all([wal.synchronise(), shared`INSERT INTO bare_ends VALUES (${data})`]);
  };
}

/** On a connection of its own, as nodes ask each other. */
function askOnce(url: string, body: string): Promise<Response> {
  return fetch(url, { method: "POST", body, keepalive: false });
}
