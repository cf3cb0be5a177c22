/** Three nodes that all see a fourth one die: exactly one of them settles what it left. */
import { untilAsync } from "../within";
import { answerAtPace, type Check, ms, must } from "./checks";
import type { Machines } from "./machines";
import { epochOf, unsettledOf } from "./stored";

const rounds = 5;
const runs = 8;

export const raceChecks: Check[] = [
  {
    name: `three nodes race to settle a dead one: exactly one does (${rounds} × ${runs} runs)`,
    run: race,
  },
];

async function race(machines: Machines): Promise<string> {
  const { node, sql } = machines;
  const tookMs: number[] = [];
  const winners: string[] = [];
  for (let round = 0; round < rounds; round++) {
    answerAtPace(machines);
    await node("d").start();
    const chats = Array.from({ length: runs }, () => node("d").send());
    for (const chat of chats) await chat.until(({ type }) => type === "part-delta");
    await untilAsync(async () => (await unsettledOf(sql, "d")) === runs, "all runs are stored");
    const epoch = await epochOf(sql, "d");
    await node("d").kill();
    const begun = performance.now();
    await untilAsync(async () => (await unsettledOf(sql, "d")) === 0, "all runs are settled");
    tookMs.push(performance.now() - begun);
    must((await epochOf(sql, "d")) === epoch + 1, "The epoch did not grow by exactly one.");
    const ids = chats.map(({ runId }) => runId);
    const settled = (await sql`
      SELECT settled_by, data FROM rein.runs WHERE node = 'd' AND id IN ${sql(ids)}`) as {
      settled_by: string;
      data: string;
    }[];
    const by = new Set(settled.map((row) => row.settled_by));
    must(settled.length === runs && by.size === 1, () => `Settled by ${[...by].join(", ")}.`);
    winners.push(...by);
    for (const chat of chats) chat.hangUp();
  }
  return `after ${tookMs.map(ms).join(", ")} ms, by ${winners.join(", ")}`;
}
