/** The end of a run leaves its node when the database that all nodes share has it, or says that it has not. */
import { expect, test } from "bun:test";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { makeGate, text } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a"] });
const testWithPostgres = test.skipIf(lacksPostgres !== "");

testWithPostgres(
  `a stop is answered, and its end sent, when the shared database has it${lacksPostgres}`,
  async () => {
    const node = cluster.node("a");
    for (let round = 0; round < 10; round++) {
      cluster.upstream.script([text("One ", makeGate())]);
      const chat = node.send();
      const { runId } = await chat.until((event) => event.type === "run-start").then(() => chat);
      await chat.until((event) => event.type === "part-delta");
      const settled = async () => {
        const [row] = await cluster.sql`SELECT settled, stopped_at FROM runs WHERE id = ${runId}`;
        return row.settled && row.stopped_at !== null;
      };
      const ended = chat.until((event) => event.type === "run-end").then(settled);
      const answer = await node.rein.stop(chat.sessionId, { runId });
      expect(await settled()).toBe(true);
      expect(answer).not.toHaveProperty("unshared");
      expect(await ended).toBe(true);
    }
  },
);

testWithPostgres(
  `a stop without the shared database is answered as unshared, and is there later${lacksPostgres}`,
  async () => {
    const node = cluster.node("a");
    for (const outage of ["refuse", "silence"] as const) {
      cluster.upstream.script([text("One ", makeGate())]);
      const chat = node.send();
      await chat.until((event) => event.type === "part-delta");
      await node.database[outage]();
      const answer = await node.rein.stop(chat.sessionId);
      expect(answer).toMatchObject({ stopped: true, unshared: true });
      await chat.until((event) => event.type === "run-end");
      await node.database.open();
      await cluster.settled(chat.runId);
    }
  },
);

testWithPostgres(
  `after a kill between the node's file and the database nothing is missing there${lacksPostgres}`,
  async () => {
    const node = cluster.node("a");
    cluster.upstream.route(() => [text("One two three.")]);
    await node.database.refuse();
    const chats = Array.from({ length: 10 }, () => node.send());
    for (const chat of chats) await chat.until((event) => event.type === "run-end");
    await node.kill();
    await node.database.open();
    await node.start();
    for (const chat of chats) {
      const here = await node.rein.session(chat.sessionId);
      await untilAsync(
        async () => {
          const parts =
            await cluster.sql`SELECT id FROM parts WHERE session_id = ${chat.sessionId}`;
          const own = here.messages.flatMap((message) => message.parts.map(({ id }) => id));
          return (
            own.length > 1 && own.every((id) => parts.some((row: { id: string }) => row.id === id))
          );
        },
        () => `session ${chat.sessionId} is in the database`,
      );
      await cluster.settled(chat.runId);
    }
  },
);
