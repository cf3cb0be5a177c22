/** The AI SDK's stream of a run of another node ends in words when that node does, and the next message is answered when it is back. */
import { expect, test } from "bun:test";
import { uiStreamType } from "../server/http/ui-stream/ui-follow";
import { clusterToken } from "./cluster-node";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { makeGate, text } from "./upstream/upstream";

const { cluster } = clusterScene({ names: ["a", "b"] });

test.skipIf(lacksPostgres !== "")(
  `a client of the AI SDK is told why its answer broke off, and goes on when the machine is back${lacksPostgres}`,
  async () => {
    const [a, b] = [cluster.node("a"), cluster.node("b")];
    cluster.upstream.script([text("One.")], [text("Two ", makeGate())], [text("Three.")]);
    const first = b.send();
    await first.ended;
    const ask = (words: string) =>
      fetch(`${a.rein.url}/api/chat`, {
        method: "POST",
        headers: { Authorization: `Bearer ${clusterToken}`, Accept: uiStreamType },
        body: JSON.stringify({
          id: first.sessionId,
          messages: [
            { id: crypto.randomUUID(), role: "user", parts: [{ type: "text", text: words }] },
          ],
        }),
      });
    const response = await ask("And two");
    expect([response.status, response.headers.get("content-type")]).toEqual([
      200,
      expect.stringContaining(uiStreamType),
    ]);
    let seen = "";
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      const had = seen.includes("Two ");
      seen += piece;
      if (!had && seen.includes("Two ")) await b.kill();
    }
    const [broken, end] = seen.trim().split("\n\n").slice(-2);
    expect(JSON.parse(broken!.replace("data: ", ""))).toEqual({
      type: "error",
      errorText: "The connection to “b” ended before the run did: what runs there may go on.",
    });
    expect(end).toBe("data: [DONE]");
    await cluster.settled((await runIds())[1]!);
    const refused = await ask("And three");
    expect([refused.status, (await refused.text()).includes("“b” was not reached")]).toEqual([
      503,
      true,
    ]);
    await b.start();
    expect(await (await ask("And three")).text()).toContain("Three.");
  },
);

async function runIds(): Promise<string[]> {
  const rows = (await cluster.sql`SELECT id FROM rein.runs ORDER BY started_at`) as {
    id: string;
  }[];
  return rows.map(({ id }) => id);
}
