/** A stop that is given at another node keeps every invariant, at every moment of a run: `bun run test:sweep` tries all of them. */
import { expect, test } from "bun:test";
import { lacksPostgres } from "./postgres";
import { readSelection } from "./sweep/selection";
import { startSweepWorkers } from "./sweep/sweep-workers";
import { Tally } from "./sweep/tally";

/** Every way to stop, on one wire. */
const share = ["--other-node", "--wire", "openai-chat", "--intervention", "stop"];

test.skipIf(lacksPostgres !== "")(
  `every invariant holds where a run is stopped at another node${lacksPostgres}`,
  async () => {
    const tally = new Tally();
    const found: unknown[] = [];
    const selection = readSelection([...share, "--share", "0/80"]);
    await using workers = startSweepWorkers([selection], ({ faults, counts }) => {
      for (const [intervention, count] of counts) tally.add(intervention, count);
      found.push(...faults);
    });
    expect(await workers.exited).toEqual([0]);
    expect(found).toEqual([]);
    expect(tally.sum().tried).toBeGreaterThan(10);
    console.log(String(tally));
  },
  1_800_000,
);
