/** Every moment: scripted conversations, on each wire, to which everything that people can do is done after every event. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { countEvents, nameOf, tryMoment } from "./sweep/injection-point";
import { pauseKinds } from "./sweep/pause-interventions";
import { type Random, random } from "./sweep/random";
import { sayKinds } from "./sweep/message-interventions";
import { models, type Scenario, scenarios } from "./sweep/scenarios";
import type { Moment } from "./sweep/scenario-runner";
import { stopKinds } from "./sweep/stop-interventions";
import { Tally } from "./sweep/tally";
import { openWorld, type World } from "./sweep/server-fixture";
import type { WireName } from "./upstream/upstream";

/** `bun run test:sweep` tries every moment, in several processes; elsewhere it is the same share of them each time. */
const [shard, shards] = (process.env.REIN_SWEEP_SHARD ?? "0/120").split("/").map(Number);
const pick: Random = random(1);
const kinds = [...stopKinds, ...pauseKinds, ...sayKinds];
/** One kind alone, by its name: for whoever looks for a fault. */
const only = process.env.REIN_SWEEP_KIND;

let world: World;
const tally = new Tally();
beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  console.log(String(tally));
});

for (const scenario of scenarios)
  describe(scenario.name, () => {
    test.each(Object.keys(models) as WireName[])(
      "keeps every promise at every moment, on the wire of %s",
      async (wire) => {
        const failures = new Map<string, string[]>();
        for (const moment of await momentsOf(scenario, wire)) {
          if (Math.floor(pick() * shards!) !== shard) continue;
          const { name } = moment.kind;
          if (only !== undefined && name !== only) continue;
          const faults = await tryMoment(world, moment);
          if (faults === "not reached") {
            tally.add(name, { notReached: 1 });
            continue;
          }
          tally.add(name, { tried: 1, failed: faults.length > 0 ? 1 : 0 });
          for (const fault of faults)
            failures.set(fault, [...(failures.get(fault) ?? []), nameOf(moment)]);
        }
        const told = [...failures].map(([fault, at]) => `${fault} (${at.length} times: ${at[0]})`);
        expect(told).toEqual([]);
      },
      1_800_000,
    );
  });

async function momentsOf(scenario: Scenario, wire: WireName): Promise<Moment[]> {
  const count = await countEvents(world, scenario, wire);
  return kinds.flatMap((kind) => {
    const first = kind.before === undefined ? 0 : -1;
    const places = Array.from({ length: count - first }, (_, index) => index + first);
    return places.flatMap((at) =>
      (["tick", "wire"] as const).map((transport) => ({ scenario, wire, kind, at, transport })),
    );
  });
}
