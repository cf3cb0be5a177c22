/** A node that starts while the shared database is gone knows the others from its own disk. */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NodeFile } from "../server/cluster/node-file";
import type { ClusterAnswer, StopAnswer, UnreachedNode } from "../shared/protocol";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { temporaryDirectory } from "./temporary-directory";
import { hang, text } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a", "b"] });
const node = (name: string) => cluster.node(name);

describe.skipIf(lacksPostgres !== "")(`a node without the database${lacksPostgres}`, () => {
  test("shows the others, reads their sessions at them, and stops everything on them", async () => {
    const [a, b] = [node("a"), node("b")];
    const path = join(b.dataDir, "nodes.json");
    await untilAsync(
      async () => (await Bun.file(path).exists()) && readFileSync(path, "utf8").includes('"a"'),
      "b has written that there is a",
    );
    cluster.upstream.script([text("Hello from a.")], [hang]);
    const chat = a.send();
    await chat.ended;
    await b.stop();
    await b.database.refuse();
    const rein = await b.start();
    const { nodes } = await rein.json<ClusterAnswer>("/api/cluster");
    expect(nodes).toMatchObject([
      { name: "a", state: "alive" },
      { name: "b", state: "here" },
    ]);
    expect(JSON.stringify(await rein.session(chat.sessionId))).toContain("Hello from a.");
    const second = a.send();
    await second.until(({ type }) => type === "run-start");
    const all = await rein.json<{ answers: StopAnswer[]; unreached: UnreachedNode[] }>(
      "/api/stop",
      {
        method: "POST",
        body: "{}",
      },
    );
    expect(all.answers).toMatchObject([{ stopped: true }]);
    expect(all.unreached).toMatchObject([{ node: "other nodes" }]);
    await second.ended;
  });
});

describe("the list on the disk", () => {
  const row = { id: "a", address: "http://a:1", boot: "x", epoch: 1, version: "1" };

  test("is read as it was written, and is none of another database", () => {
    using directory = temporaryDirectory();
    new NodeFile(directory.path, "db/rein").write([row]);
    expect(new NodeFile(directory.path, "db/rein").read()).toEqual([row]);
    expect(new NodeFile(directory.path, "other/rein").read()).toEqual([]);
  });

  test("counts as empty where it is missing, damaged, too long or names what is no node", () => {
    using directory = temporaryDirectory();
    const file = new NodeFile(directory.path, "p");
    expect(file.read()).toEqual([]);
    const hostile = [
      "",
      "{",
      "[]",
      "\0",
      JSON.stringify({ place: "p", nodes: [{ ...row, address: "file:///etc/passwd" }] }),
      JSON.stringify({ place: "p", nodes: [{ ...row, id: "../a" }] }),
      JSON.stringify({ place: "p", nodes: Array.from({ length: 1001 }, () => row) }),
      " ".repeat(1_000_001),
    ];
    for (const content of hostile) {
      writeFileSync(join(directory.path, "nodes.json"), content);
      expect(file.read()).toEqual([]);
    }
  });
});
