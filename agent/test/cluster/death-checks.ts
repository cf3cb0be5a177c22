/** Nodes that die, vanish or freeze: others settle what they left, and those that come back write nothing of it. */
import type { Run } from "../../shared/protocol";
import { settledIn } from "../cluster-scene";
import {
  answerAtPace,
  type Check,
  countWords,
  type Followed,
  ms,
  must,
  mustMeet,
  runSeen,
  seesEnd,
  shown,
  startFollowed,
  textOf,
  wordsSeen,
} from "./checks";
import type { Machines } from "./machines";
import { epochOf, storedText } from "./stored";

const kills = 10;
const others = 3;

export const deathChecks: Check[] = [
  {
    name: `runs of a node that was killed are settled and seen at another in under 1 s (${kills} kills)`,
    run: (machines) => repeat(machines, kills, 1000, (on) => on.node("a").kill()),
  },
  {
    name: `runs of a node whose cable was pulled are settled and seen in under 5 s (${others} times)`,
    run: (machines) => repeat(machines, others, 5000, (on) => on.network.pull("a")),
  },
  {
    name: `runs of a frozen node are settled and seen in under 10 s (${others} times)`,
    run: (machines) => repeat(machines, others, 10_000, (on) => on.node("a").freeze()),
  },
  { name: "a frozen node that wakes up writes nothing, and ends its runs", run: wakeUp },
  {
    name: "a stop for a dead or frozen node is never acknowledged: 503 undelivered, or others have settled the run",
    run: undelivered,
  },
];

/** How long until a viewer on b sees the end of a run on a, for each time that `act` has been done to a. */
async function repeat(
  machines: Machines,
  times: number,
  aimMs: number,
  act: (machines: Machines) => void | Promise<void>,
): Promise<string> {
  const seen: number[] = [];
  const lost: number[] = [];
  for (let time = 0; time < times; time++) {
    answerAtPace(machines);
    const followed = await startFollowed(machines);
    const epoch = await epochOf(machines.sql, "a");
    const begun = performance.now();
    await act(machines);
    const run = await seesEnd(followed.viewer, followed.runId);
    seen.push(performance.now() - begun);
    lost.push(await checkSettled(machines, followed, run));
    must((await epochOf(machines.sql, "a")) === epoch + 1, "The epoch did not grow by one.");
    followed.viewer.hangUp();
    followed.chat.hangUp();
    await machines.mend();
  }
  const words = `words that were seen and not stored: ${Math.max(...lost)} at most`;
  return mustMeet(shown("seen", seen, { max: aimMs }), words);
}

/** Returns how many words its own viewer had seen that are not stored. */
async function checkSettled(
  { sql }: Machines,
  { chat, viewer, sessionId, runId }: Followed,
  run: Run,
): Promise<number> {
  const stored = await settledIn(sql, runId);
  must(stored.outcome === "stopped" && stored.stop?.by === "crash", () => JSON.stringify(stored));
  must(run.stop?.by === "crash", () => `The viewer sees ${JSON.stringify(run.stop)}.`);
  must(stored.receipt?.unreached === "a", "The receipt does not say what was not seen.");
  const words = countWords(await storedText(sql, sessionId));
  must(wordsSeen(viewer) === words, () => `Seen: ${wordsSeen(viewer)} words; stored: ${words}.`);
  return Math.max(0, wordsSeen(chat) - words);
}

async function wakeUp(machines: Machines): Promise<string> {
  const { node, sql, upstream } = machines;
  const woken: number[] = [];
  for (let time = 0; time < others; time++) {
    answerAtPace(machines);
    const { viewer, sessionId, runId } = await startFollowed(machines);
    const request = await upstream.request(0);
    node("a").freeze();
    await seesEnd(viewer, runId);
    const { receipt: _then, changes: _pending, ...before } = await settledIn(sql, runId);
    const text = await storedText(sql, sessionId);
    const begun = performance.now();
    node("a").resume();
    must((await request.ended) === "client", "The model's answer was not closed.");
    woken.push(performance.now() - begun);
    await machines.mend();
    const own = node("a").rein.follow(sessionId);
    await own.until(
      () =>
        runSeen(own, runId)?.receipt?.unreached === undefined &&
        runSeen(own, runId)?.state === "settled",
    );
    must(runSeen(own, runId)?.stop?.by === "crash", "The node shows another end than was settled.");
    must(textOf(own.session.messages) === text, "The node shows another text than was settled.");
    must((await storedText(sql, sessionId)) === text, "The text of the settled run has changed.");
    const { receipt: _now, changes: _counted, ...after } = await settledIn(sql, runId);
    must(Bun.deepEquals(before, after), () => JSON.stringify([before, after]));
    own.hangUp();
    viewer.hangUp();
  }
  return `its model requests were closed ${ms(Math.max(...woken))} ms after it woke, at most (${others} times)`;
}

async function undelivered(machines: Machines): Promise<string> {
  const figures: string[] = [];
  for (const [what, act] of [
    ["dead", () => machines.node("a").kill()],
    ["frozen", () => machines.node("a").freeze()],
  ] as const) {
    answerAtPace(machines);
    const { node } = machines;
    const { viewer, chat, sessionId, runId } = await startFollowed(machines);
    await act();
    const begun = performance.now();
    const response = await node("b").rein.fetch(`/api/sessions/${sessionId}/stop`, {
      method: "POST",
      body: JSON.stringify({ runId }),
    });
    const tookMs = performance.now() - begun;
    const body = await response.text();
    figures.push(
      `${what}: after ${ms(tookMs)} ms, “${unacknowledged(what, response.status, body)}”`,
    );
    viewer.hangUp();
    chat.hangUp();
    await machines.mend();
  }
  return figures.join("; ");
}

/** What the answer says; throws unless it says that the node has not acknowledged the stop. */
function unacknowledged(what: "dead" | "frozen", status: number, body: string): string {
  const said = JSON.parse(body) as {
    error?: { code: string; message: string };
    stopped?: boolean;
    message?: string;
  };
  if (status === 503 && said.error?.code === "undelivered") return said.error.message;
  must(what === "dead" && status === 200 && said.stopped === false, `${status} ${body}`);
  must(said.message?.includes("settled what it left") === true, body);
  return said.message;
}
