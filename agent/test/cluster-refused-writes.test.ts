/** A database that answers, and takes none of a node's rows: as long as that lasts it is gone for that node, and no others are kept busy. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { StreamEvent } from "../shared/protocol";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { makeGate, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: [] });
const testWithPostgres = test.skipIf(lacksPostgres !== "");
const program = [process.execPath, join(import.meta.dir, "short-hold-server.ts")];

/** As of a table that cannot grow while others still have room. */
const fullDisk = `
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON parts FOR EACH ROW EXECUTE FUNCTION full_disk()`;

testWithPostgres(
  `its runs pause after the time that an outage may last, and go on when it takes them${lacksPostgres}`,
  async () => {
    const a = await cluster.add("a", { program });
    const gate = makeGate();
    const call = toolCall("bash", { command: "echo on" });
    cluster.upstream.script([text("One ", gate), call], [text("Two.")], [text("Two.")]);
    const chat = a.send({ permissions: "all" });
    await chat.until(({ type }) => type === "part-delta");
    await cluster.sql.unsafe(fullDisk);
    // What its person has written is refused.
    const other = a.send();
    await chat.until(
      (event: StreamEvent) => event.type === "storage-changed" && event.unshared?.holds === true,
    );
    const times = (words: string) => a.rein.output().split(words).length - 1;
    expect(times("No space left on device")).toBeGreaterThan(0);
    // It is tried again, but what it looks like to others does not change each time.
    expect(times("has joined the others")).toBe(1);
    gate.open();
    await chat.until(() => chat.session.runs[0]?.pause?.state === "paused");
    await cluster.sql`DROP TRIGGER full_disk ON parts`;
    await Promise.all([chat.ended, other.ended]);
    await cluster.settled(chat.runId);
    await untilAsync(async () => {
      const rows = await cluster.sql`SELECT data FROM parts WHERE session_id = ${chat.sessionId}`;
      return rows.some(({ data }: { data: string }) => data.includes("Two."));
    }, "all of it is in the database");
    expect(times("has joined the others")).toBe(2);
  },
);
