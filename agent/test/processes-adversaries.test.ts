/**
 * No adversary survives a stop, and each stop is answered with the truth, under any supervisor of this machine, as root or
 * as an ordinary user; a job beside them survives. Here each level has a third of them, so that each is tried at some;
 * `bun run test:sweep --adversaries` tries all at every level.
 */
import { afterAll, expect, test } from "bun:test";
import { adversaries } from "./adversaries/adversaries";
import { findLevels, sweepLevel } from "./adversaries/levels";
import { faultsOf } from "./adversaries/sweep-report";
import { findOrdinaryUser } from "./ordinary-user";

const ordinary = findOrdinaryUser();
afterAll(() => ordinary?.[Symbol.asyncDispose]());

const levels = await findLevels(ordinary);
const possible = levels.filter(({ lack }) => !lack);
const shares = Math.min(3, possible.length);

for (const level of levels) {
  const title = `no adversary survives under ${level.name}`;
  if (level.lack) test.skip(`${title} (${level.lack})`, () => {});
  else
    test(
      title,
      async () => {
        const names = adversaries
          .filter((_, at) => (at + possible.indexOf(level)) % shares === 0)
          .map(({ name }) => name);
        const report = await sweepLevel(level, { names, repeats: 1, atOnce: 3 });
        expect(faultsOf(report)).toEqual([]);
        expect(report.runs + Object.keys(report.lacks).length).toBe(names.length);
        expect(report.capabilities).toMatchObject(level.found);
      },
      150_000,
    );
}
