/** Who has begun a session at one node finds it in the list of another one, without waiting for what nodes tell each other. */
import { expect, test } from "bun:test";
import type { SessionSummary } from "../shared/protocol";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { text } from "./upstream/upstream";

const { cluster } = clusterScene({ names: ["a", "b"] });

const rounds = 20;

test.skipIf(lacksPostgres !== "")(
  `a session is in the list of another node once its run has ended, as it is then${lacksPostgres}`,
  async () => {
    const [a, b] = [cluster.node("a"), cluster.node("b")];
    cluster.upstream.script(...Array.from({ length: rounds }, () => [text("Here.")]));
    const missed: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const chat = a.send();
      await chat.ended;
      const { sessions } = await b.rein.json<{ sessions: SessionSummary[] }>("/api/sessions");
      const row = sessions.find(({ id }) => id === chat.sessionId);
      if (row?.outcome !== "done") missed.push(`${round}: ${row?.state ?? "not there"}`);
    }
    expect(missed).toEqual([]);
  },
);
