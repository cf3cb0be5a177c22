/**
 * A rolling upgrade from the first Rein that could be a node to this one, on a database that the first one made. That one sends
 * the key of the cluster, and this one takes a proof of it: until all are replaced they refuse each other in words, a stop
 * too, and each stops what it has itself. The first node of this version brings the database to its own.
 */
import { everyWire } from "../api-scene";
import { makeNode } from "../cluster-node";
import { settledIn } from "../cluster-scene";
import {
  answerAtPace,
  begin,
  type Check,
  untilStored,
  must,
  type Nodes,
  replace,
  runSeen,
  seesEnd,
  textOf,
  wordsSeen,
} from "./checks";
import { firstVersion, lacksHistory } from "./first-version";
import { type Machines, nodeNames, nodePort } from "./machines";

export const firstUpgradeChecks: Check[] = [
  {
    name: `a rolling upgrade from the first version that could be a node: a stop of what runs on the other is refused in words, and nothing is lost${lacksHistory}`,
    run: upgradeFirst,
    isSkipped: lacksHistory !== "",
  },
];

async function upgradeFirst(machines: Machines): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const { program } = stack.use(firstVersion());
  const scene = await makeScene(machines, stack);
  for (const each of nodeNames) await scene.node(each).start({ program });
  const before = await versionOf(scene.sql);
  answerAtPace(machines);
  const old = await ended(scene, "c");
  const kept = await begin(scene, "a");

  await replace(scene, "c");
  const after = await versionOf(scene.sql);
  must(textOf((await scene.node("c").rein.session(old.id)).messages) === old.text, "Text is lost.");
  const refused = [await stopRefused(scene, "a", "c"), await stopRefused(scene, "c", "b")];

  await replace(scene, "b");
  must(textOf((await scene.node("b").rein.session(old.id)).messages) === old.text, "It differs.");
  must(runSeen(kept, kept.runId)?.state === "running", "The run on a did not go on.");
  const words = wordsSeen(kept);
  await kept.until(() => wordsSeen(kept) > words);
  await stopRefused(scene, "a", "b");
  await bothWays(scene, "b", "c");
  const last = settledIn(scene.sql, kept.runId);
  await replace(scene, "a");
  must((await last).stop?.by === "shutdown", "The run on a did not end with its server.");
  await bothWays(scene, "a", "b");
  return `the database went from version ${before} to ${after} with the first replaced node, beside two of the first version; the run on a saw two nodes replaced, and ended with its own node; meanwhile: ${refused.join(" / ")}`;
}

/** On data directories and a database of their own: what exists has today's versions. */
async function makeScene(machines: Machines, stack: AsyncDisposableStack): Promise<Nodes> {
  for (const each of nodeNames) await machines.node(each).stop();
  const databaseUrl = await machines.postgres.createDatabase();
  stack.defer(() => machines.postgres.dropDatabase(databaseUrl));
  const sql = new Bun.SQL(databaseUrl, { max: 2 });
  stack.defer(() => sql.close({ timeout: 0 }));
  const { network } = machines;
  const nodes = new Map(
    nodeNames.map((name) => {
      const place = {
        host: network.addressOf(name),
        port: nodePort,
        command: network.on(name),
        databaseUrl,
      };
      const environment = () => ({
        ...everyWire(machines.upstream),
        REIN_HOSTS: network.addressOf("front"),
      });
      return [name, stack.use(makeNode(name, place, environment))] as const;
    }),
  );
  return { sql, node: (name) => nodes.get(name)! };
}

/** A run is stopped at the other node, whichever of the two has it. */
async function bothWays(scene: Nodes, one: string, other: string): Promise<void> {
  await stopAcross(scene, one, other);
  await stopAcross(scene, other, one);
}

/** A viewer at `other` sees the run on `owner` as it is written, and its end by a stop there. */
async function stopAcross({ sql, node }: Nodes, owner: string, other: string): Promise<void> {
  const chat = await begin({ sql, node }, owner);
  const { sessionId, runId } = chat;
  await untilStored({ sql, node }, runId);
  const viewer = node(other).rein.follow(sessionId);
  await viewer.until(() => runSeen(viewer, runId) !== undefined && wordsSeen(viewer) > 0);
  const answer = await node(other).rein.stop(sessionId, { runId });
  must(answer.stopped && answer.outcome === "stopped", () => JSON.stringify(answer));
  await seesEnd(chat, runId);
  await seesEnd(viewer, runId);
  viewer.hangUp();
  must(wordsSeen(viewer) === wordsSeen(chat), "The viewer has other text than the owner's.");
  must((await settledIn(sql, runId)).stop?.by === "user", "It has another cause.");
}

/** By a node of the other version; the owner itself stops it. Resolves with the words. */
async function stopRefused(scene: Nodes, owner: string, other: string): Promise<string> {
  const { sql, node } = scene;
  const { sessionId, runId } = await begin(scene, owner);
  await untilStored(scene, runId);
  const path = `/api/sessions/${sessionId}/stop`;
  const response = await node(other).rein.fetch(path, { method: "POST", body: "{}" });
  const text = await response.text();
  must(response.status === 503, () => `${response.status} ${text}`);
  const { error } = JSON.parse(text) as { error: { code: string; message: string } };
  must(error.code === "undelivered" && error.message.includes("version of Rein"), text);
  const answer = await node(owner).rein.stop(sessionId, { runId });
  must(answer.stopped && answer.outcome === "stopped", () => JSON.stringify(answer));
  must((await settledIn(sql, runId)).stop?.by === "user", "It has another cause.");
  return error.message;
}

async function ended({ sql, node }: Nodes, name: string): Promise<{ id: string; text: string }> {
  const chat = await begin({ sql, node }, name);
  await node(name).rein.stop(chat.sessionId, { runId: chat.runId });
  await seesEnd(chat, chat.runId);
  await settledIn(sql, chat.runId);
  return { id: chat.sessionId, text: textOf(chat.session.messages) };
}

async function versionOf(sql: Bun.SQL): Promise<number> {
  const [row] = await sql`SELECT version FROM rein.schema_version`;
  return (row as { version: number }).version;
}
