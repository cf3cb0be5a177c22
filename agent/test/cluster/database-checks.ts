/** The database restarted, killed, and out of reach: runs go on, stops are true, and nobody is settled wrongly. */
import { settledIn } from "../cluster-scene";
import { toolCall, text } from "../upstream/upstream";
import { untilAsync } from "../within";
import {
  answerAtPace,
  type Check,
  countWords,
  type Followed,
  ms,
  must,
  pace,
  runSeen,
  seesEnd,
  startFollowed,
  wordsSeen,
} from "./checks";
import { type Machines, nodeNames } from "./machines";
import { epochOf, storedText } from "./stored";

/** After so long without the database runs pause, as the plan of the cluster says. */
const pauseMs = 30_000;

export const databaseChecks: Check[] = [
  {
    name: "PostgreSQL restarted in mid-run: the run goes on, and nobody settles it",
    run: (machines) =>
      gone(
        machines,
        2000,
        () => machines.postgres.stop(),
        () => machines.postgres.start(),
      ),
  },
  {
    name: "PostgreSQL killed in mid-run: the run goes on, and nobody settles it",
    run: (machines) =>
      gone(
        machines,
        2000,
        () => machines.postgres.kill(),
        () => machines.postgres.start(),
      ),
  },
  {
    name: "PostgreSQL out of reach of the run's node alone: the node is asked, and not settled",
    run: (machines) =>
      gone(
        machines,
        12_000,
        () => machines.network.separate("a", "database"),
        () => machines.network.join("a", "database"),
      ),
  },
  {
    name: "PostgreSQL out of reach of all nodes: runs go on, and nobody settles them",
    run: (machines) =>
      gone(
        machines,
        12_000,
        () => nodeNames.forEach((each) => machines.network.separate(each, "database")),
        () => nodeNames.forEach((each) => machines.network.join(each, "database")),
      ),
  },
  {
    name: "a stop while PostgreSQL is down is delivered, and is in the database once it is back",
    run: stopMeanwhile,
  },
  {
    name: `without PostgreSQL for more than ${pauseMs / 1000} s runs pause at a safe point, and continue by themselves`,
    run: pausesAndContinues,
  },
];

/** A run on a, followed on b, while the database is gone for `forMs`. */
async function gone(
  machines: Machines,
  forMs: number,
  lose: () => void | Promise<void>,
  find: () => void | Promise<void>,
): Promise<string> {
  answerAtPace(machines);
  const { node, sql } = machines;
  const { chat, viewer, sessionId, runId } = await startFollowed(node("a"), node("b"));
  const epochs = await allEpochs(sql);
  await lose();
  const before = wordsSeen(viewer);
  await Bun.sleep(forMs); // the outage itself
  const during = wordsSeen(viewer) - before;
  must(
    during > (forMs / 1000) * pace * 0.5,
    () => `The viewer saw ${during} words in ${forMs} ms.`,
  );
  await find();
  const back = performance.now();
  await machines.mend();
  const mendedMs = performance.now() - back;
  await untilAsync(
    async () => countWords(await storedText(sql, sessionId)) > before + during,
    "what was written during the outage is in the database",
  );
  const savedMs = performance.now() - back;
  must((await allEpochs(sql)) === epochs, "A node was settled, and none was dead.");
  const answer = await node("b").rein.stop(sessionId, { runId });
  must(answer.stopped && answer.outcome === "stopped", () => JSON.stringify(answer));
  must((await seesEnd(viewer, runId)).stop?.by === "user", "The viewer sees another cause.");
  await chat.ended;
  must((await settledIn(sql, runId)).stop?.by === "user", "The database has another cause.");
  must(wordsSeen(viewer) === wordsSeen(chat), "Two viewers saw different texts.");
  must(
    countWords(await storedText(sql, sessionId)) === wordsSeen(chat),
    "The stored text differs.",
  );
  viewer.hangUp();
  return `${during} words in ${forMs / 1000} s seen on b meanwhile; locks held again after ${ms(mendedMs)} ms, all text saved after ${ms(savedMs)} ms`;
}

async function allEpochs(sql: Bun.SQL): Promise<string> {
  const epochs = [];
  for (const each of nodeNames) epochs.push(await epochOf(sql, each));
  return epochs.join();
}

async function stopMeanwhile(machines: Machines): Promise<string> {
  const { node, sql, postgres, upstream } = machines;
  answerAtPace(machines);
  const { viewer, chat, sessionId, runId } = await startFollowed(node("a"), node("b"));
  const request = await upstream.request(0);
  await postgres.stop();
  const asked = performance.now();
  const closed = request.ended.then(() => performance.now() - asked);
  const answer = await node("b").rein.stop(sessionId, { runId });
  const answeredMs = performance.now() - asked;
  must(answer.stopped && answer.unshared === true, () => JSON.stringify(answer));
  const closedMs = await closed;
  await seesEnd(viewer, runId);
  await postgres.start();
  const back = performance.now();
  must((await settledIn(sql, runId)).stop?.by === "user", "The database has another cause.");
  const savedMs = performance.now() - back;
  must(
    countWords(await storedText(sql, sessionId)) === wordsSeen(chat),
    "The stored text differs.",
  );
  viewer.hangUp();
  return `model request closed after ${ms(closedMs)} ms, answered with \`unshared\` after ${ms(answeredMs)} ms, saved ${ms(savedMs)} ms after the start`;
}

async function pausesAndContinues(machines: Machines): Promise<string> {
  const { node, upstream, postgres, sql } = machines;
  upstream.reset();
  // It calls tools for ever: between two calls it can pause.
  upstream.route(() => [text("Next. "), toolCall("bash", { command: "sleep 0.2" })]);
  const followed = await startFollowed(node("a"), node("b"), { permissions: "all" });
  const { viewer, runId, sessionId } = followed;
  await postgres.stop();
  const lost = performance.now();
  await seen(followed, "paused");
  const pausedMs = performance.now() - lost;
  must(pausedMs > pauseMs * 0.9, () => `It paused after ${ms(pausedMs)} ms.`);
  const requests = upstream.requests.length;
  await Bun.sleep(1000); // in which it would have gone on
  must(upstream.requests.length === requests, "It went on while it was paused.");
  await postgres.start();
  const back = performance.now();
  await viewer.until(() => runSeen(viewer, runId)?.pause === undefined);
  const continuedMs = performance.now() - back;
  const answer = await node("b").rein.stop(sessionId, { runId });
  must(answer.stopped, () => JSON.stringify(answer));
  must((await settledIn(sql, runId)).stop?.by === "user", "The database has another cause.");
  viewer.hangUp();
  followed.chat.hangUp();
  return `paused after ${(pausedMs / 1000).toFixed(1)} s, continued ${ms(continuedMs)} ms after PostgreSQL's start`;
}

function seen({ viewer, runId }: Followed, state: "paused"): Promise<unknown> {
  return viewer.until(() => runSeen(viewer, runId)?.pause?.state === state);
}
