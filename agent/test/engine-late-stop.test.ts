/** A stop that comes after an engine's own end of its turn, and before the run's end: what the turn has left running ends by it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { tryPoint } from "./sweep/injection-point";
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
  let seen: Observation | undefined;
  const intervention: typeof stopByName = {
    name: "stop by name",
    async inject(runner) {
      // The engine's turn is over, and the run is not.
      await runner.until(({ messages }) => messages.at(-1)?.outcome === "done");
      const check = await stopByName.inject(runner);
      return (observed) => check((seen = observed));
    },
  };
  const point = { scenario, wire, intervention, at: 0, transport: "tick", sandbox: "off" } as const;
  expect(await tryPoint(fixture, point)).toEqual([]);
  const { outcome, stop, receipt } = seen!.session!.runs[0]!;
  expect(outcome).toBe("done");
  expect(stop).toBeDefined();
  expect(receipt).toMatchObject({ proof: "proven", survivors: [] });
  const ended = receipt!.processes.map(({ command }) => command);
  expect(ended.filter((command) => command === "sleep 60")).toHaveLength(2);
});
