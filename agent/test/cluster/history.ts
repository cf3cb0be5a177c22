/** What must be true of a history of runs, however the machines failed: read from every place that tells of it. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import type { Run } from "../../shared/protocol";
import { pidsWith } from "../machine-facts";
import type { SeededRandom } from "../seeded-random";
import { text, toolCall, type Upstream } from "../upstream/upstream";
import { untilAsync } from "../within";
import { must } from "./checks";
import type { Journal } from "./journal";
import { type Machines, nodeNames } from "./machines";
import type { Observer } from "./observer";
import { pacedText } from "./paced-answer";
import { storedRunText } from "./stored";
import type { Witness } from "./witness";

interface Facts {
  machines: Machines;
  journal: Journal;
  witnesses: Witness[];
  observer: Observer;
  known: { sessionId: string; runId: string }[];
  cookie: string;
}

/** An argument that only the commands of this run have. */
export function commandCookie(seed: number): string {
  return `${process.pid}${seed % 1000}.`;
}

/** Long answers, short ones, and commands that would run for minutes. */
export function answerAtRandom(upstream: Upstream, random: SeededRandom, cookie: string): void {
  let number = 0;
  upstream.reset();
  upstream.route(() => {
    const chosen = random.next();
    if (chosen < 0.5) return [pacedText(20 + random.below(300), 20)];
    if (chosen < 0.75) return [text("Done.")];
    const seconds = chosen < 0.9 ? `600${cookie}${number++}` : `0.${1 + random.below(9)}`;
    return [
      text("A command. "),
      toolCall("bash", { command: `sleep ${seconds} & sleep ${seconds}` }),
    ];
  });
}

/** Throws at the first thing that is not true; returns the figures. */
export async function checkHistory(facts: Facts): Promise<string> {
  const stored = await storedRuns(facts.machines.sql);
  await checkWitnesses(facts, stored);
  await checkTexts(facts);
  checkStops(facts, stored);
  await checkNothingRuns(facts);
  const inOwners = await checkOwners(facts, stored);
  const { journal, witnesses } = facts;
  const unshared = journal.stops.filter((stop) => stop.unshared).length;
  const crashed = [...stored.values()].filter(({ run }) => run.stop?.by === "crash").length;
  return `${stored.size} runs in ${witnesses.length} sessions, ${crashed} of them crashed, each ended once; ${journal.stops.length} acknowledged stops true (${unshared} unshared); ${inOwners} runs the same in the owners' SQLite`;
}

interface StoredRun {
  sessionId: string;
  node: string;
  run: Run;
}

async function storedRuns(sql: Bun.SQL): Promise<Map<string, StoredRun>> {
  const rows = (await sql`SELECT id, session_id, node, data FROM rein.runs`) as {
    id: string;
    session_id: string;
    node: string;
    data: string;
  }[];
  return new Map(
    rows.map((row) => [
      row.id,
      { sessionId: row.session_id, node: row.node, run: JSON.parse(row.data) as Run },
    ]),
  );
}

/** Every viewer saw each run end at most once, and now shows what the database has. */
async function checkWitnesses({ witnesses }: Facts, stored: Map<string, StoredRun>): Promise<void> {
  for (const { sessionId, session, ends, afterEnd } of witnesses) {
    const wrong = () =>
      session.runs
        .filter((run) => endOf(run) !== endOf(stored.get(run.id)?.run))
        .map(({ id }) => id);
    await untilAsync(
      async () => session.runs.length > 0 && wrong().length === 0,
      () => `the viewer of ${sessionId} shows the ends of ${wrong().join(", ")} as stored`,
    );
    for (const [runId, count] of ends)
      must(count === 1, `A viewer of ${sessionId} saw run ${runId} end ${count} times.`);
    must(afterEnd.length === 0, `Text came after the end: ${afterEnd.join(", ")}.`);
  }
}

function endOf(run: Run | undefined): string {
  return run === undefined ? "missing" : `${run.state} ${run.outcome} ${run.stop?.by ?? ""}`;
}

async function checkTexts({ observer, machines: { sql } }: Facts): Promise<void> {
  for (const [runId, before] of observer.texts) {
    const now = await storedRunText(sql, runId);
    // Its own machine may have had more on its disk than the database when others settled it.
    must(
      now.startsWith(before),
      `The text of the settled run ${runId} changed: “${before}”, “${now}”.`,
    );
  }
}

function checkStops({ journal }: Facts, stored: Map<string, StoredRun>): void {
  for (const { runId, unshared } of journal.stops) {
    const found = stored.get(runId)?.run;
    must(found !== undefined, `Run ${runId} was said to be stopped, and is not in the database.`);
    const isTrue = found.state === "settled" && found.outcome === "stopped";
    must(
      isTrue,
      () => `Run ${runId} was said to be stopped (${unshared}): ${JSON.stringify(found)}`,
    );
  }
}

/** Everything was stopped: no command lives, no model request is open. */
async function checkNothingRuns({ machines: { upstream }, cookie }: Facts): Promise<void> {
  await untilAsync(
    async () => pidsWith(cookie).length === 0,
    () => `the commands ${pidsWith(cookie).join(", ")} are dead`,
  );
  let open = upstream.requests.length;
  for (const { ended } of upstream.requests) void ended.then(() => open--);
  await untilAsync(
    async () => open === 0,
    () => `${open} model requests are closed`,
  );
}

/** Ends the nodes, and reads what each keeps of its own runs. Returns how many were compared. */
async function checkOwners({ machines }: Facts, stored: Map<string, StoredRun>): Promise<number> {
  let count = 0;
  for (const name of nodeNames) {
    await machines.node(name).stop();
    using own = new Database(join(machines.node(name).dataDir, "rein.db"), { readonly: true });
    const rows = own.query("SELECT id, data FROM runs").all() as { id: string; data: string }[];
    for (const { id, data } of rows) {
      const shared = stored.get(id);
      must(shared?.node === name, `Run ${id} of ${name} is not in the database as its own.`);
      const [here, there] = [endOf(JSON.parse(data) as Run), endOf(shared.run)];
      must(here === there, `Run ${id} is “${here}” at ${name}, and “${there}” in the database.`);
      count++;
    }
  }
  // Another check has killed the runs of one more node.
  const ofThem = [...stored.values()].filter(({ node }) => nodeNames.includes(node)).length;
  must(count === ofThem, `The nodes have ${count} runs, and the database ${ofThem}.`);
  return count;
}
