/**
 * No adversary survives a stop, and each stop is answered with the truth, under any supervisor of this machine, as root or
 * as an ordinary user; a job beside them survives. Here each level has a share of them, and each of them three levels;
 * `bun run test:sweep --adversaries` tries all at every level.
 */
import { afterAll, expect, test } from "bun:test";
import { adversaries, unended } from "./adversaries/adversaries";
import { findLevels, sweepLevel } from "./adversaries/levels";
import { faultsOf } from "./adversaries/sweep-report";
import { findOrdinaryUser } from "./ordinary-user";

const ordinary = findOrdinaryUser();
afterAll(() => ordinary?.[Symbol.asyncDispose]());

/** Three of ten levels for each: as root and as an ordinary user. */
const shares = 3;
const known = adversaries.map(({ name }) => name).filter((name) => !unended.includes(name));
const tried = new Set<string>();

for (const [index, level] of (await findLevels(ordinary)).entries()) {
  const title = `no adversary survives under ${level.name}`;
  if (level.lack) test.skip(`${title} (${level.lack})`, () => {});
  else
    test(
      title,
      async () => {
        const names = known.filter((_, at) => (at + index) % shares === 0);
        names.forEach((name) => tried.add(name));
        const report = await sweepLevel(level, { names, repeats: 1, atOnce: 4 });
        expect(faultsOf(report)).toEqual([]);
        expect(report.runs + Object.keys(report.lacks).length).toBe(names.length);
        expect(report.capabilities).toMatchObject(level.found);
      },
      150_000,
    );
}

test("every adversary is tried at one level at least", () => {
  expect(known.filter((name) => !tried.has(name))).toEqual([]);
});
