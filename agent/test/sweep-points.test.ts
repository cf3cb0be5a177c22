/** The sweep's own points leave nothing that the next one would find. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { isAlive } from "./machine-facts";
import { tryPoint } from "./sweep/injection-point";
import { noDetector, processesIn } from "./sweep/leak-detector";
import { scenarios } from "./sweep/scenarios";
import { openServerFixture } from "./sweep/server-fixture";
import { stopByName } from "./sweep/stop-interventions";
import { until } from "./within";

test("a point that an engine's conversation does not reach leaves no engine running", async () => {
  await using fixture = await openServerFixture(noDetector);
  const scenario = scenarios.find(({ engine }) => engine)!;
  const point = { scenario, wire: "own log-in", intervention: stopByName, at: 10_000 } as const;
  expect(await tryPoint(fixture, { ...point, transport: "tick", sandbox: "off" })).toBe(
    "not reached",
  );
  expect(processesIn(fixture.cwd)).toEqual([]);
});

test("a worker ends when the process that started it is killed", async () => {
  const program = join(import.meta.dir, "sweep/sweep-worker.ts");
  const starter = `
    const command = [process.execPath, ${JSON.stringify(program)}];
    const child = Bun.spawn(command, { stdio: ["pipe", "ignore", "ignore"] });
    console.log(child.pid);
    await child.exited;`;
  const parent = Bun.spawn([process.execPath, "-e", starter], { stdout: "pipe" });
  const { value } = await parent.stdout.getReader().read();
  const pid = Number(new TextDecoder().decode(value));
  expect(isAlive(pid)).toBe(true);
  parent.kill("SIGKILL");
  await until(() => !isAlive(pid));
});
