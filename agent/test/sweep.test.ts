/** Every moment of a stop: scripted conversations, on each wire, stopped after every event in four ways. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Leftovers, watchLeftovers } from "./sweep/leftovers";
import { countEvents, type Moment, models, nameOf, tryMoment, ways } from "./sweep/moment";
import { type Random, random } from "./sweep/random";
import { type Scenario, scenarios } from "./sweep/scenarios";
import { openWorld, type World } from "./sweep/world";
import type { WireName } from "./upstream/upstream";

/** `bun run test:sweep` tries every moment, in several processes; elsewhere it is the same share of them each time. */
const [shard, shards] = (process.env.REIN_SWEEP_SHARD ?? "0/40").split("/").map(Number);
const pick: Random = random(1);

let world: World;
let leftovers: Leftovers;
const tried = { moments: 0, failed: 0, notReached: 0 };
beforeAll(async () => {
  leftovers = watchLeftovers();
  world = await openWorld();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  leftovers[Symbol.dispose]();
  const { moments, failed, notReached } = tried;
  console.log(`sweep: ${moments} moments tried, ${failed} failed (${notReached} not reached)`);
});

for (const scenario of scenarios)
  describe(scenario.name, () => {
    test.each(Object.keys(models) as WireName[])(
      "can be stopped at every moment, on the wire of %s",
      async (wire) => {
        const failures = new Map<string, string[]>();
        for (const moment of await momentsOf(scenario, wire)) {
          if (Math.floor(pick() * shards!) !== shard) continue;
          const faults = await tryMoment(world, moment, leftovers);
          if (faults === "not reached") {
            tried.notReached++;
            continue;
          }
          tried.moments++;
          if (faults.length === 0) continue;
          tried.failed++;
          for (const fault of faults)
            failures.set(fault, [...(failures.get(fault) ?? []), nameOf(moment)]);
        }
        const told = [...failures].map(([fault, at]) => `${fault} (${at.length} times: ${at[0]})`);
        expect(told).toEqual([]);
      },
      600_000,
    );
  });

async function momentsOf(scenario: Scenario, wire: WireName): Promise<Moment[]> {
  const count = await countEvents(world, scenario, wire);
  const places = Array.from({ length: count + 1 }, (_, index) => index - 1);
  return places.flatMap((at) =>
    ways.flatMap((way) =>
      (["tick", "wire"] as const).map((transport) => ({ scenario, wire, way, at, transport })),
    ),
  );
}
