/** A node whose clock is not that of the others says so, and where to look. */
import { describe, expect, test } from "bun:test";
import { clockWords } from "../server/cluster/compare-clocks";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { temporaryDirectory } from "./temporary-directory";
import { hang, text } from "./upstream/upstream";
import { until, untilAsync } from "./within";

const hour = 3_600_000;

test("a clock is off by no more than its question may have taken", () => {
  expect(clockWords({ asked: 1000, answered: 41_000, there: 5000 })).toBeUndefined();
  expect(clockWords({ asked: hour, answered: hour + 20, there: hour - 29_000 })).toBeUndefined();
  expect(clockWords({ asked: 2 * hour, answered: 2 * hour, there: hour })).toContain(
    "60 minutes ahead of",
  );
  expect(clockWords({ asked: hour, answered: hour + 20, there: hour + 45_000 })).toContain(
    "45 s behind",
  );
});

describe.skipIf(lacksPostgres !== "")(`a node an hour ahead${lacksPostgres}`, () => {
  const { cluster } = clusterScene({ names: ["a"] });

  test("says it when it joins, and its requests and theirs are taken; a node with the right time says nothing", async () => {
    using directory = temporaryDirectory();
    const ahead = `${directory.path}/ahead.ts`;
    await Bun.write(
      ahead,
      `const { now } = Date; Reflect.set(Date, "now", () => now() + ${hour});`,
    );
    const a = cluster.node("a");
    expect(a.rein.output()).not.toContain("clock");
    await a.stop();
    const rein = await a.start({ environment: { BUN_OPTIONS: `--preload ${ahead}` } });
    await until(
      () => rein.output().includes("60 minutes ahead of"),
      "it says that its clock is off",
    );
    cluster.upstream.script([text("One")]);
    const first = a.send();
    await first.ended;
    const b = await cluster.add("b");
    await untilAsync(
      async () => (await b.rein.json<{ sessions: object[] }>("/api/sessions")).sessions.length > 0,
      "the other node knows the session",
    );
    // The first that it sends there, and it cannot be sent again.
    const path = `/api/files?sessionId=${first.sessionId}`;
    const upload = await b.rein.fetch(path, { method: "POST", body: "some words" });
    expect([upload.status, upload.headers.get("x-rein-node")]).toEqual([200, "a"]);
    for (const [owner, other] of [
      [b, a],
      [a, b],
    ] as const) {
      cluster.upstream.script([text("One "), hang]);
      const chat = owner.send();
      await chat.until(({ type }) => type === "part-delta");
      await untilAsync(
        async () => (await other.rein.fetch(`/api/sessions/${chat.sessionId}`)).ok,
        "the other node knows the session",
      );
      expect(await other.rein.stop(chat.sessionId, {})).toMatchObject({ stopped: true });
      await chat.ended;
      cluster.upstream.script([text("Two")]);
      const more = other.rein.chat({ sessionId: chat.sessionId, message: "More" });
      await more.ended;
      const { runs } = await owner.rein.session(chat.sessionId);
      expect(runs.map(({ outcome }) => outcome)).toEqual(["stopped", "done"]);
    }
  });
});
