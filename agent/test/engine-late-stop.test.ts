/** A stop that comes after an engine's own end of its turn, and before the run's end: what the turn has left running ends by it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { countEvents, tryPoint } from "./sweep/injection-point";
import { noDetector } from "./sweep/leak-detector";
import { scenarios } from "./sweep/scenarios";
import { openServerFixture, type ServerFixture } from "./sweep/server-fixture";
import { stopByName } from "./sweep/stop-interventions";
import type { Observation } from "./sweep/scenario-runner";

const scenario = scenarios.find(({ name }) => name === "an engine: a command with daemons")!;
const wire = "own log-in";
let fixture: ServerFixture;

beforeAll(async () => void (fixture = await openServerFixture(noDetector)));
afterAll(async () => fixture[Symbol.asyncDispose]());

test("it ends the engine's job with proof, and the receipt of the done run says so", async () => {
  const count = await countEvents(fixture, scenario, wire);
  let seen: Observation | undefined;
  const intervention: typeof stopByName = {
    name: "stop by name",
    async inject(runner) {
      const check = await stopByName.inject(runner);
      return (observed) => check((seen = observed));
    },
  };
  // After the end of its message: the engine's turn is over.
  const at = count - 2;
  const point = { scenario, wire, intervention, at, transport: "tick", sandbox: "off" } as const;
  expect(await tryPoint(fixture, point)).toEqual([]);
  expect(seen!.events[at]).toMatchObject({ type: "message-end" });
  const { outcome, stop, receipt } = seen!.session!.runs[0]!;
  expect(outcome).toBe("done");
  expect(stop).toBeDefined();
  expect(receipt).toMatchObject({ proof: "proven", survivors: [] });
  const ended = receipt!.processes.map(({ command }) => command);
  expect(ended.filter((command) => command === "sleep 60")).toHaveLength(2);
});
