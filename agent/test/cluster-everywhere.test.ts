/** The list, the searches and the history of stops of one node have the sessions of all. */
import { describe, expect, test } from "bun:test";
import type { SearchAnswer, StopRecord } from "../shared/protocol";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { Chat, type Rein } from "./rein";
import { hang, text } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a", "b"] });
const node = (name: string) => cluster.node(name);

async function said(name: string, words: string): Promise<Chat> {
  cluster.upstream.script([text("Fine.")]);
  const chat = node(name).send({ message: words });
  await chat.ended;
  return chat;
}

/** All pages of a search, one message each. */
async function pagesOf(rein: Rein, q: string): Promise<string[]> {
  const found: string[] = [];
  let before = "";
  for (;;) {
    const query = new URLSearchParams({ q, limit: "1", ...(before !== "" && { before }) });
    const answer = await rein.json<SearchAnswer>(`/api/search?${query}`);
    found.push(...answer.messages.map((message) => message.text));
    if (answer.next === undefined) return found;
    before = String(answer.next);
  }
}

describe.skipIf(lacksPostgres !== "")(`on every node${lacksPostgres}`, () => {
  test("a search finds what was said on all of them, newest first, page by page, each once", async () => {
    await said("a", "The needle one");
    await said("b", "The needle two");
    await said("b", "The needle three");
    await said("a", "The needle four");
    const { rein } = node("b");
    const newestFirst = ["four", "three", "two", "one"].map((word) => `The needle ${word}`);
    await untilAsync(
      async () => (await rein.json<SearchAnswer>("/api/search?q=needle")).messages.length === 4,
      "all four are found",
    );
    const all = await rein.json<SearchAnswer>("/api/search?q=needle");
    expect(all.messages.map((message) => message.text)).toEqual(newestFirst);
    expect(all.unreached).toBeUndefined();
    expect(all.sessions.map((one) => one.node)).toEqual(["a", "b", "b", "a"]);
    expect(await pagesOf(rein, "needle")).toEqual(newestFirst);
    const bad = await rein.fetch("/api/search?q=needle&before=nowhere");
    expect(bad.status).toBe(400);
  });

  test("a look at the machines is no change of them: else each page that is told so looks again, without an end", async () => {
    const { sessionId } = await said("a", "Look");
    const { rein } = node("a");
    const list = new Chat((signal) => rein.fetch("/api/events", { signal }));
    await list.response;
    await rein.json("/api/cluster");
    list.events.length = 0;
    for (let round = 0; round < 5; round++) await rein.json("/api/cluster");
    const signal = new AbortController().signal;
    await rein.sdk.patchSession(sessionId, { title: "Looked" }, signal);
    await list.until((event) => (event as { type: string }).type === "session-changed");
    expect(list.events.map(({ type }) => type as string)).not.toContain("cluster-changed");
    list.hangUp();
  });

  test("a search in one session asks the node that has it", async () => {
    const one = await said("a", "The needle one");
    await said("b", "The needle two");
    const query = `/api/search?q=needle&sessionId=${one.sessionId}`;
    const { messages } = await node("b").rein.json<SearchAnswer>(query);
    expect(messages.map(({ sessionId }) => sessionId)).toEqual([one.sessionId]);
  });

  test("the history of stops has those of all, and says on which node they were", async () => {
    for (const name of ["a", "b"]) {
      cluster.upstream.script([hang]);
      const chat = node(name).send({ message: `On ${name}` });
      await chat.until(({ type }) => type === "run-start");
      await node(name).rein.stop(chat.sessionId);
    }
    const { rein } = node("b");
    const rows = async () => (await rein.json<{ stops: StopRecord[] }>("/api/stops")).stops;
    await untilAsync(async () => (await rows()).length === 2, "both stops are there");
    expect((await rows()).map((stop) => [stop.title, stop.node])).toEqual([
      ["On b", "b"],
      ["On a", "a"],
    ]);
    const csv = await (await rein.fetch("/api/stops?format=csv")).text();
    expect(csv.split("\r\n")[1]).toEndWith(",b");
  });

  test("who follows the list sees a session of another node come, change and go", async () => {
    const { rein } = node("b");
    const list = new Chat((signal) => rein.fetch("/api/events", { signal }));
    await list.response;
    const { sessionId } = await said("a", "Made on a");
    const rows = () =>
      (list.events as unknown as { type: string; id?: string; summary?: Row }[]).filter(
        ({ id, summary }) => (summary?.id ?? id) === sessionId,
      );
    interface Row {
      id: string;
      title: string;
      node?: string;
    }
    await untilAsync(async () => rows().length > 0, "the row has come");
    expect(rows()[0]).toMatchObject({ type: "session-changed", summary: { node: "a" } });
    const body = JSON.stringify({ title: "Renamed" });
    await rein.fetch(`/api/sessions/${sessionId}`, { method: "PATCH", body });
    await untilAsync(async () => rows().at(-1)?.summary?.title === "Renamed", "the new title");
    await rein.fetch(`/api/sessions/${sessionId}`, { method: "DELETE" });
    await untilAsync(async () => rows().at(-1)?.type === "session-removed", "the row goes");
    list.hangUp();
  });
});
