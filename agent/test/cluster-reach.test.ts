/** A node that was set up wrong says so when it starts, and not when a stop is lost. */
import { describe, expect, test } from "bun:test";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import type { Rein } from "./rein";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a"] });

function said(rein: Rein, words: string): Promise<void> {
  return untilAsync(
    async () => rein.output().includes(words),
    () => `“${words}” is said in\n${rein.output()}`,
  );
}

describe.skipIf(lacksPostgres !== "")(`a node that starts${lacksPostgres}`, () => {
  test("with another key than the others says which one refuses it", async () => {
    const { rein } = await cluster.add("b", {
      environment: { REIN_CLUSTER_KEY: "another-key-of-the-cluster" },
    });
    await said(rein, "Node “a” does not accept the key of this one");
  });

  test("with the address of another one says that it is not found there", async () => {
    const { url } = cluster.node("a").rein;
    const { rein } = await cluster.add("b", { environment: { REIN_NODE_ADDRESS: url } });
    await said(rein, `The others reach “b” at ${url}, and as seen from this machine`);
    expect(rein.output()).toContain("Check REIN_NODE_ADDRESS");
  });

  test("beside one whose address is none, or holds a password, shows neither", async () => {
    await cluster.sql`INSERT INTO nodes (id, address, boot, version) VALUES
      ('x', 'not a url', 'x', '1'), ('y', 'http://user:secret@127.0.0.1:1', 'y', '1')`;
    const { rein } = await cluster.add("b");
    const answer = await rein.json("/api/cluster");
    expect(answer).toMatchObject({
      nodes: [
        { name: "a", state: "alive" },
        { name: "b", state: "here" },
        { name: "x", state: "away", address: "not a url" },
        { name: "y", state: "away", address: "http://127.0.0.1:1" },
      ],
    });
    // No session can have such an id: nobody away is waited for.
    const response = await rein.fetch("/api/sessions/a%00b");
    expect([response.status, await response.text()]).toEqual([
      404,
      expect.stringContaining('"code":"session"'),
    ]);
    await said(rein, "Node “y” is not reached: Nothing runs at http://127.0.0.1:1");
    expect(JSON.stringify(answer) + rein.output()).not.toContain("secret");
  });
});
