/** However often the machines of a cluster are said to have changed, one question is on its way, and one more follows. */
import { expect, spyOn, test } from "bun:test";
import { createRoot } from "solid-js";
import { api } from "../client/state/api-client";
import { createCluster } from "../client/state/cluster-state";
import { createListChanges } from "../client/state/list-changes";
import type { ClusterAnswer } from "../shared/protocol";

test("looks that are wanted while one is on its way are one, which begins after it", async () => {
  const answers: ((answer: ClusterAnswer) => void)[] = [];
  using asked = spyOn(api, "cluster").mockImplementation(
    () => new Promise((resolve) => answers.push(resolve)),
  );
  const { cluster, end } = createRoot((end) => ({
    cluster: createCluster(createListChanges()),
    end,
  }));
  const first = cluster.refresh();
  const later = [cluster.refresh(), cluster.refresh(), cluster.refresh()];
  expect(asked).toHaveBeenCalledTimes(1);
  answers[0]!({ nodes: [] });
  await first;
  await Promise.resolve();
  expect(asked).toHaveBeenCalledTimes(2);
  answers[1]!({
    nodes: [{ name: "a", address: "", version: "1", state: "here", sessions: 0, running: 0 }],
  });
  await Promise.all(later);
  expect(cluster.nodes().map(({ name }) => name)).toEqual(["a"]);
  expect(asked).toHaveBeenCalledTimes(2);
  end();
});
