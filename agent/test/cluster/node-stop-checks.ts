/** Stops at one node of runs on another: how long they take to the committed end, and that nothing comes after. */
import { settledIn } from "../cluster-scene";
import { holdChecks } from "../valid-answers";
import { BareStop } from "./bare-stop";
import {
  answerAtPace,
  type Check,
  must,
  mustMeet,
  pace,
  runSeen,
  seesEnd,
  shown,
  startFollowed,
} from "./checks";
import type { Machines } from "./machines";

const rounds = 200;
/** A server that has just started compiles its code meanwhile, on the cores that all machines share here: these are shown apart. */
const firstRounds = 200;

export const stopChecks: Check[] = [
  {
    name: `a stop at another node is acknowledged once the end is committed (${rounds} rounds at ${pace} events/s)`,
    run: stopAcrossNodes,
  },
];

async function stopAcrossNodes(machines: Machines): Promise<string> {
  const first = await timeStops(machines, firstRounds);
  await using bare = await BareStop.start(machines);
  const { acknowledged, closed } = await timeStops(machines, rounds, bare);
  return mustMeet(
    shown("to the answer", acknowledged, { p50: 5, p99: 30 }),
    shown("to the closed model request", closed),
    bare.shown,
    shown("to the answer, just after the start", first.acknowledged),
  );
}

async function timeStops(machines: Machines, count: number, bare?: BareStop) {
  const { node, sql, upstream } = machines;
  const acknowledged: number[] = [];
  const closed: number[] = [];
  for (let round = 0; round < count; round++) {
    answerAtPace(machines);
    const { chat, viewer, sessionId, runId } = await startFollowed(machines);
    const request = await upstream.request(0);
    const checks = holdChecks();
    const asked = performance.now();
    void request.ended.then(() => closed.push(performance.now() - asked));
    const answer = await node("b").rein.stop(sessionId, { runId });
    acknowledged.push(performance.now() - asked);
    checks[Symbol.dispose]();
    must(answer.stopped && answer.outcome === "stopped", () => JSON.stringify(answer));
    must(answer.unshared !== true, "The answer says that the end is not in the database.");
    const [row] = await sql`SELECT settled FROM rein.runs WHERE id = ${runId}`;
    must(Boolean((row as { settled?: unknown })?.settled), "The end was not committed before.");
    await seesEnd(viewer, runId);
    await chat.ended;
    const later = viewer.events.slice(
      viewer.events.findIndex(({ type }) => type === "run-end") + 1,
    );
    must(!later.some(({ type }) => type === "part-delta"), "Text came after the end.");
    must((await settledIn(sql, runId)).outcome === "stopped", "It did not end as stopped.");
    must(runSeen(viewer, runId)?.stop?.by === "user", "The viewer sees another cause.");
    viewer.hangUp();
    await request.ended;
    await bare?.sample();
  }
  return { acknowledged, closed };
}
