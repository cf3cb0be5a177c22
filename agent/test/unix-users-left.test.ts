/** What a front that was killed has left in /run is removed by the next one, whichever its data directory is. */
import { expect } from "bun:test";
import { readdirSync } from "node:fs";
import { unixPeople } from "./unix-people";

const scene = unixPeople();
const { test } = scene;

const places = () => new Set(readdirSync("/run").filter((name) => name.startsWith("rein-")));

test("a start removes the directories of fronts that were killed, and of none that runs", async () => {
  const running = (await scene.anna.fetch("/api/sessions")).status;
  expect(running).toBe(200);
  const before = places();
  const killed = await scene.start();
  const left = places().difference(before);
  expect(left.size).toBe(2);
  killed.rein.signal("SIGKILL");
  await killed.rein.exited;
  await killed.rein[Symbol.asyncDispose]();
  expect(left.isSubsetOf(places())).toBe(true);
  const next = await scene.start();
  expect(left.isDisjointFrom(places())).toBe(true);
  // That of the server that runs is there.
  expect((await scene.anna.fetch("/api/sessions")).status).toBe(200);
  expect((await scene.bob.fetch("/api/sessions")).status).toBe(200);
  next.rein.signal("SIGTERM");
  await next.rein.exited;
  await next.rein[Symbol.asyncDispose]();
});
