/** Machines that do not agree whether one of them answers are asked once about each change, and not without end. */
import { expect, spyOn, test } from "bun:test";
import { createRoot } from "solid-js";
import { api } from "../client/state/api-client";
import { followAskedMachine } from "../client/state/asked-machine";
import { chooseNode } from "../client/state/asked-node";
import { createCluster } from "../client/state/cluster-state";
import { type Host, host, provideHost } from "../client/state/host";
import { createListChanges } from "../client/state/list-changes";
import type { ClusterAnswer, ClusterNode } from "../shared/protocol";

/** In the eyes of a machine that reaches b, and of one that does not. */
const seen = (state: ClusterNode["state"]): ClusterAnswer => ({
  nodes: [{ name: "b", address: "", version: "1", state, sessions: 0, running: 0 }],
});
/** So many looks are no answer to one change. */
const endless = 20;

test("what another machine sees differently leads to no look of its own", async () => {
  const before = host();
  const windowStorage = () => ({ setItem() {} }) as unknown as ReturnType<Host["windowStorage"]>;
  provideHost({ ...before, windowStorage });
  using asked = spyOn(api, "cluster").mockImplementation(async () => {
    // A balancer passes each look to another machine than the one before.
    const count = asked.mock.calls.length;
    return count > endless ? new Promise(() => {}) : seen(count % 2 === 0 ? "away" : "alive");
  });
  let modelReads = 0;
  const { changes, end } = createRoot((end) => {
    const changes = createListChanges();
    const cluster = createCluster(changes);
    chooseNode("b");
    followAskedMachine({
      cluster,
      models: { refresh: async () => void modelReads++ },
      engines: { engines: () => undefined, refresh: async () => {} },
      changes,
    });
    return { changes, end };
  });
  try {
    await aWhile();
    const first = asked.mock.calls.length;
    const models = changes.of("projects");
    // It is away for the second machine that is asked, and there for the third.
    for (let time = 0; time < 2; time++) {
      changes.take({ type: "cluster-changed" });
      await aWhile();
    }
    expect(asked).toHaveBeenCalledTimes(first + 2);
    expect(modelReads).toBeGreaterThan(0);
    expect(changes.of("projects")).toBeGreaterThan(models);
  } finally {
    end();
    provideHost(before);
  }
});

/** Longer than all that follows from a look takes here, where every answer is there at once. */
async function aWhile(): Promise<void> {
  for (let time = 0; time < endless; time++)
    await new Promise<void>((resolve) => void setImmediate(resolve));
}
