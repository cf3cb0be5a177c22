/** The sweep's own points leave nothing that the next one would find. */
import { expect, test } from "bun:test";
import { tryPoint } from "./sweep/injection-point";
import { noDetector, processesIn } from "./sweep/leak-detector";
import { scenarios } from "./sweep/scenarios";
import { openServerFixture } from "./sweep/server-fixture";
import { stopByName } from "./sweep/stop-interventions";

test("a point that an engine's conversation does not reach leaves no engine running", async () => {
  await using fixture = await openServerFixture(noDetector);
  const scenario = scenarios.find(({ engine }) => engine)!;
  const point = { scenario, wire: "own log-in", intervention: stopByName, at: 10_000 } as const;
  expect(await tryPoint(fixture, { ...point, transport: "tick", sandbox: "off" })).toBe(
    "not reached",
  );
  expect(processesIn(fixture.cwd)).toEqual([]);
});
