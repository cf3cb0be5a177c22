/** A fault that nothing expected is logged; the server keeps serving, and the runs go on. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { log } from "../../server/log";
import { Store } from "../../server/store/store";
import { noUsage } from "../../shared/protocol";
import type { Message, Session } from "../../shared/protocol";
import { type Rein, startRein } from "../rein";
import { until } from "../within";

const directory = mkdtempSync(join(tmpdir(), "rein-faults-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("a rejected promise and an exception that nothing caught cut no run", async () => {
  const faults = join(directory, "faults.ts");
  writeFileSync(
    faults,
    `process.on("SIGUSR2", () => {
      void Promise.reject(new Error("nobody waits for this"));
      setTimeout(() => { throw new Error("nobody catches this"); });
    });`,
  );
  await using rein = await startRein({ environment: { BUN_OPTIONS: `--preload ${faults}` } });
  const chat = rein.chat({ message: "Write a long answer", provider: "demo" });
  await chat.until(({ type }) => type === "part-delta");
  process.kill(rein.pid, "SIGUSR2");
  await until(() => /nobody waits for this[^]*nobody catches this/.test(rein.output()));
  const { length } = chat.events;
  await until(() => chat.events.length > length, "the run goes on");
  expect(await rein.stop(chat.sessionId)).toMatchObject({ stopped: true });
  await works(rein);
});

test("a log whose reader has exited", async () => {
  const command = ["bash", "-c", 'exec "$@" 2> >(exec true)', "closed"];
  await using rein = await startRein({ command, environment: { REIN_LOG: "trace" } });
  for (let count = 0; count < 5; count++)
    expect((await rein.fetch("/api/nothing")).status).toBe(404);
  await works(rein);
});

test("a row that cannot be written keeps no other from the disk", () => {
  const path = join(directory, "rein.db");
  const store = new Store(path);
  log.level = "silent";
  const bad = session("bad");
  const good = session("good");
  store.create(bad);
  store.create(good);
  // JSON has no such number.
  const message = { id: "m", runId: "r", role: "user", parts: [], createdAt: 1n };
  bad.messages.push(message as unknown as Message);
  store.changed(bad, { type: "message-start", message: message as unknown as Message });
  good.title = "Saved";
  store.changed(good, { type: "session-update", at: 1, patch: { title: "Saved" } });
  store.flush();
  log.level = "info";
  expect(store.storageError).toBeUndefined();
  expect(store.load("good")?.title).toBe("Saved");
  store.close();
});

async function works(rein: Rein): Promise<void> {
  const chat = rein.chat({ message: "Say hello", provider: "demo", onDisconnect: "continue" });
  await chat.ended;
  expect(chat.session.runs.at(-1)!.outcome).toBe("done");
}

function session(id: string): Session {
  return {
    id,
    title: id,
    cwd: "/",
    provider: "demo",
    model: "scripted",
    permissions: "ask",
    allowed: [],
    createdAt: 1,
    updatedAt: 1,
    messages: [],
    runs: [],
    usage: noUsage,
    queue: [],
    seq: 0,
  };
}
