/** Very many reads of another node's session at once: a stop there does not wait behind them. */
import { expect, test } from "bun:test";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { hang, text } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a", "b"] });

const readers = 1000;

/** In a process of its own: one has 256 connections at once by default, and the stop needs one. */
function readMany(url: string, token: string) {
  const program = `
    const read = async () => {
      const answer = await fetch(${JSON.stringify(url)}, { headers: { Authorization: "Bearer ${token}" } });
      await answer.arrayBuffer();
      process.stdout.write(answer.ok ? "." : "!");
    };
    await Promise.all(Array.from({ length: ${readers} }, read));`;
  const child = Bun.spawn([process.execPath, "-e", program], {
    env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: String(readers) },
    stdout: "pipe",
  });
  let answers = "";
  const collecting = (async () => {
    for await (const bytes of child.stdout) answers += new TextDecoder().decode(bytes);
  })();
  return {
    read: () => answers.split(".").length - 1,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
      await collecting;
    },
  };
}

test.skipIf(lacksPostgres !== "")(
  `a stop at a node that passes on hundreds of reads is acknowledged before most of them${lacksPostgres}`,
  async () => {
    const [a, b] = [cluster.node("a"), cluster.node("b")];
    // Some time to read each.
    cluster.upstream.script([text("x".repeat(20_000)), hang]);
    const chat = a.send();
    await chat.until(({ type }) => type === "part-delta");
    const { sessionId, runId } = chat;
    await untilAsync(
      async () => (await b.rein.fetch(`/api/sessions/${sessionId}`)).ok,
      "b reads the session",
    );
    await using crowd = readMany(`${b.rein.url}/api/sessions/${sessionId}`, b.rein.token);
    await untilAsync(async () => crowd.read() > 0, "the first is read");
    expect(await b.rein.stop(sessionId, { runId })).toMatchObject({ stopped: true });
    expect(crowd.read()).toBeLessThan(readers / 2);
    await untilAsync(async () => crowd.read() === readers, "all are read");
    await chat.ended;
  },
);
