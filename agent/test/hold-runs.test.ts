/** Runs pause a while after the shared database is gone, whatever happens to the clock of the machine. */
import { afterEach, expect, test } from "bun:test";
import type { SharedState } from "../server/cluster/cluster-types";
import { holdRuns, holdTimes } from "../server/cluster/hold-runs";
import { until } from "./within";

const { afterMs } = holdTimes;
afterEach(() => void (holdTimes.afterMs = afterMs));

test("a clock that is set back an hour in an outage does not put the pause off", async () => {
  holdTimes.afterMs = 20;
  const since = Date.now() + 3_600_000;
  const state: SharedState = { name: "gone", since, reason: "It is away." };
  const held: boolean[] = [];
  const ending = new AbortController();
  holdRuns(
    {
      database: { state, onState: () => () => {} },
      hold: (holds) => void held.push(holds),
      tell: () => {},
    },
    ending.signal,
  );
  await until(() => held.length > 0, "runs are held");
  ending.abort();
  expect(held).toEqual([true]);
});
