/** Random faults from a seed while people work through HAProxy; the whole history is checked at the end. */
import { SeededRandom } from "../seeded-random";
import { untilAsync } from "../within";
import type { Check } from "./checks";
import { chooseFault } from "./faults";
import { answerAtRandom, checkHistory, commandCookie } from "./history";
import { Journal } from "./journal";
import { type Machines, nodeNames } from "./machines";
import { Observer } from "./observer";
import { People } from "./people";
import { unsettledOf } from "./stored";
import { Witness } from "./witness";

const persons = ["ada", "ben", "cleo", "dan", "eve", "finn"];

export function faultChecks(seed: number, minutes: number): Check[] {
  return [
    {
      name: `random faults for ${minutes} minutes, seed ${seed}: the history holds`,
      run: (machines) => wreak(machines, seed, minutes),
    },
  ];
}

async function wreak(machines: Machines, seed: number, minutes: number): Promise<string> {
  const journal = new Journal();
  const cookie = commandCookie(seed);
  answerAtRandom(machines.upstream, new SeededRandom(seed + 1), cookie);
  const watching = new AbortController();
  const living = new AbortController();
  const witnesses: Witness[] = [];
  const observer = new Observer(machines.sql, watching.signal);
  const people = new People(machines.front.url, journal, (sessionId) =>
    witnesses.push(new Witness(sessionId, machines.front.url, watching.signal)),
  );
  try {
    const lives = persons.map((name, index) =>
      people.live(name, new SeededRandom(seed + 100 + index), living.signal),
    );
    const faults = await breakThings(machines, journal, seed, performance.now() + minutes * 60_000);
    living.abort();
    await Promise.all(lives);
    await calm(machines, journal);
    await observer.look(machines.sql);
    const facts = { machines, journal, witnesses, observer, known: people.known, cookie };
    const figures = await checkHistory(facts);
    return `${faults} faults; ${figures}; ${journal.summary()}`;
  } catch (error) {
    console.log(journal.lines.join("\n"));
    console.log(`seed ${seed}`);
    throw error;
  } finally {
    living.abort();
    watching.abort();
    await Promise.all([observer.ended, ...witnesses.map(({ ended }) => ended)]);
  }
}

/** Returns how many faults there were until the time `end`. */
async function breakThings(
  machines: Machines,
  journal: Journal,
  seed: number,
  end: number,
): Promise<number> {
  const random = new SeededRandom(seed);
  let count = 0;
  while (performance.now() < end) {
    await Bun.sleep(random.below(6000));
    const fault = chooseFault(random);
    journal.note(`FAULT ${fault.name}`);
    await fault.happen(machines);
    journal.note("mended");
    count++;
  }
  return count;
}

/** Everything is well again, and stopped: what was acknowledged before must still be true. */
async function calm(machines: Machines, journal: Journal): Promise<void> {
  journal.note("all is mended and stopped");
  await machines.mend();
  await machines.stopEverything();
  const { node, sql } = machines;
  await untilAsync(async () => {
    let count = 0;
    for (const each of nodeNames) count += await unsettledOf(sql, each);
    return count === 0;
  }, "every run is settled in the database");
  for (const each of nodeNames) {
    let running: unknown[] = [];
    await untilAsync(
      async () => {
        const list = await node(each).rein.json<{ sessions: { state: string }[] }>("/api/sessions");
        running = list.sessions.filter(({ state }) => state !== "idle");
        return running.length === 0;
      },
      () => `${each} lists no session as running: ${JSON.stringify(running)}`,
    );
  }
}
