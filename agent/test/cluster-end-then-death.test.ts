/** A node that dies right after a stop was answered, before it has told the others of the end: they show that end all the same. */
import { expect, test } from "bun:test";
import type { SessionSummary } from "../shared/protocol";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { makeGate, text } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a", "b"] });

test.skipIf(lacksPostgres !== "")(
  `what was acknowledged is what a viewer and the list elsewhere show${lacksPostgres}`,
  async () => {
    const [a, b] = [cluster.node("a"), cluster.node("b")];
    for (let round = 0; round < 2; round++) {
      cluster.upstream.script([text("One ", makeGate())]);
      const chat = a.send();
      await chat.until(({ type }) => type === "part-delta");
      const { sessionId, runId } = chat;
      const row = async () => {
        const { sessions } = await b.rein.json<{ sessions: SessionSummary[] }>("/api/sessions");
        return sessions.find(({ id }) => id === sessionId);
      };
      await untilAsync(async () => (await row())?.runId === runId, "the list shows that it runs");
      const viewer = b.rein.follow(sessionId);
      await viewer.until(() => viewer.session.runs[0]?.id === runId);
      const answer = await a.rein.stop(sessionId, { runId });
      await a.kill();
      expect(answer).toMatchObject({ stopped: true, outcome: "stopped" });
      await viewer.until(() => viewer.session.runs[0]?.state === "settled");
      expect(viewer.session.runs[0]?.stop?.by).toBe("user");
      await untilAsync(
        async () => (await row())?.runId === undefined,
        "the list shows that it has ended",
      );
      expect(await row()).toMatchObject({ outcome: "stopped" });
      viewer.hangUp();
      await a.start();
      expect((await a.rein.session(sessionId)).runs[0]?.stop?.by).toBe("user");
    }
  },
);
