/** What people report of other agents again and again, tried where the session is another node's: a stop there is whole, and what comes after it as well. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { StopAnswer } from "../shared/protocol";
import { clusterScene } from "./cluster-scene";
import { queue, told, untilSession } from "./control-api";
import { isAlive, untilFile } from "./machine-facts";
import { lacksPostgres } from "./postgres";
import type { Rein } from "./rein";
import { failure, hang, reasoning, text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const { cluster } = clusterScene({ names: ["a", "b"] });

const subagent = (title: string) =>
  toolCall("subagent", { role: "simple", title, task: `Be ${title}.` });

async function stopAt(rein: Rein, id: string): Promise<StopAnswer> {
  return rein.json(`/api/sessions/${id}/stop`, { method: "POST", body: "{}" });
}

describe.skipIf(lacksPostgres !== "")(`of a session of another node${lacksPostgres}`, () => {
  test("a stop of the parent ends its subagents, with what has left its session, and none of them asks the model again", async () => {
    const { upstream } = cluster;
    const [a, b] = [cluster.node("a"), cluster.node("b")];
    const command = "setsid sleep 1000 & echo $! > new; mv new pid; sleep 1000; touch never";
    upstream.script([subagent("one"), subagent("two")], [hang], [toolCall("bash", { command })]);
    const chat = a.send({ permissions: "all" });
    const requests = await Promise.all([1, 2].map((at) => upstream.request(at)));
    await untilFile(join(a.rein.cwd, "pid"));
    const pid = Number(readFileSync(join(a.rein.cwd, "pid"), "utf8"));
    expect(await stopAt(b.rein, chat.sessionId)).toMatchObject({
      outcome: "stopped",
      receipt: { survivors: [], proof: "proven" },
    });
    expect(isAlive(pid)).toBe(false);
    await Promise.all(requests.map((request) => request.ended));
    await chat.ended;
    // The next message: what was late has had its time, and has woken nobody.
    upstream.script([text("Here.")]);
    await b.rein.chat({ message: "There?", sessionId: chat.sessionId }).ended;
    expect(upstream.requests).toHaveLength(4);
    expect(existsSync(join(a.rein.cwd, "never"))).toBe(false);
    expect((await a.rein.session(chat.sessionId)).runs).toHaveLength(2);
  });

  test("a stop while the model's service is waited for asks it no more", async () => {
    const { upstream } = cluster;
    const [a, b] = [cluster.node("a"), cluster.node("b")];
    upstream.script([failure("overloaded", { headers: { "retry-after": "1" } })]);
    const chat = a.send();
    await chat.until(({ type }) => type === "retry-start");
    expect(await stopAt(b.rein, chat.sessionId)).toMatchObject({ outcome: "stopped" });
    await chat.ended;
    upstream.script([text("Here.")]);
    await b.rein.chat({ message: "There?", sessionId: chat.sessionId }).ended;
    expect(upstream.requests).toHaveLength(2);
  });

  test("a message that waits is not sent after a stop, and the next one is taken though the reasoning was never signed", async () => {
    const { upstream } = cluster;
    const [a, b] = [cluster.node("a"), cluster.node("b")];
    const model = { provider: "anthropic", model: "claude-of-tomorrow" } as const;
    upstream.script([reasoning("I think "), hang]);
    const chat = a.send(model);
    await chat.until((event) => event.type === "part-delta");
    const id = chat.sessionId;
    await queue(b.rein, id, { message: "Then this" });
    await stopAt(b.rein, id);
    await chat.ended;
    expect((await b.rein.session(id)).queue).toMatchObject([
      { text: "Then this", waitsFor: "person" },
    ]);
    upstream.script([text("Here.")]);
    await b.rein.chat({ message: "There?", sessionId: id, ...model }).ended;
    expect(upstream.requests).toHaveLength(2);
    expect(upstream.requests[1]!.refusal).toBeUndefined();
    expect(told(upstream.requests[1])).not.toContain("Then this");
    const { messages, runs } = await a.rein.session(id);
    expect(JSON.stringify(messages)).toContain("I think ");
    expect(runs.map(({ outcome }) => outcome)).toEqual(["stopped", "done"]);
  });

  test("of two tabs one is closed and the other reloaded: the run goes on, and is stopped by the one that came back", async () => {
    const { upstream } = cluster;
    const [a, b] = [cluster.node("a"), cluster.node("b")];
    upstream.script([text("Hello.")], [hang]);
    const first = a.send();
    await first.ended;
    const id = first.sessionId;
    const tab = b.rein.chat({ message: "More", sessionId: id, onDisconnect: "continue" });
    const request = await upstream.request(1);
    const other = b.rein.follow(id);
    await untilSession(other, ({ runs }) => runs.length === 2);
    tab.hangUp();
    other.hangUp();
    const reloaded = b.rein.follow(id);
    await untilSession(reloaded, ({ runs }) => runs.at(-1)?.outcome === undefined);
    expect(await stopAt(b.rein, id)).toMatchObject({ stopped: true, outcome: "stopped" });
    expect(await request.ended).toBe("client");
    await untilSession(reloaded, ({ runs }) => runs.at(-1)?.stop?.by === "user");
    await until(() => upstream.requests.length === 2);
    reloaded.hangUp();
  });
});
