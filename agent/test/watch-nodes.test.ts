/** Pages are told of machines that go and come back also when none was open in that moment: one that was just opened has read them before. */
import { expect, test } from "bun:test";
import type { ClusterNode } from "../shared/protocol";
import { watchNodes } from "../server/http/cluster/watch-nodes";
import { until } from "./within";

test("a machine that is back before the first look for a page that has just been opened is told to it", async () => {
  const ending = new AbortController();
  const facts = { address: "http://127.0.0.1:1", version: "1", sessions: 0, running: 0 };
  const here: ClusterNode = { ...facts, name: "a", state: "here" };
  const other: ClusterNode = { ...facts, name: "b", state: "away" };
  let isOpen = true;
  let looks = 0;
  let told = 0;
  const look = watchNodes(
    {
      own: { node: "a", address: facts.address, key: "key" },
      look: () => Promise.resolve({ nodes: [here, { ...other }], looks: ++looks }),
      isWatched: () => isOpen,
      onChange: () => void told++,
    },
    ending.signal,
  );
  try {
    await until(() => looks === 1);
    // The page is closed; the next one reads that b is away, and b is back before it is looked for.
    isOpen = false;
    await look(ending.signal);
    other.state = "alive";
    expect(told).toBe(0);
    isOpen = true;
    await until(() => told === 1);
    const seen = looks;
    await until(() => looks > seen + 1);
    // What is as it was told is told to nobody again.
    expect(told).toBe(1);
  } finally {
    ending.abort();
  }
});
