/** Stops every adversary at every level, one after the other, and prints faults and a row for each level. */
import { parseArgs } from "node:util";
import { findOrdinaryUser } from "../ordinary-user";
import { adversaries } from "./adversaries";
import { findLevels, sweepLevel } from "./levels";
import { faultsOf, rowOf, slowestOf, tableHead } from "./sweep-report";

const text = { type: "string" } as const;

/**
 * Reads `--adversary NAME --level TEXT --repeats N`; throws on anything else. Every second stop is a hard one. Resolves
 * with whether there was no fault.
 */
export async function runAdversaries(args: string[]): Promise<boolean> {
  const { values } = parseArgs({ args, options: { adversary: text, level: text, repeats: text } });
  const { adversary, level: wanted = "", repeats = "2" } = values;
  const names = adversaries.map(({ name }) => name).filter((name) => (adversary ?? name) === name);
  const ordinary = findOrdinaryUser();
  const rows = [tableHead];
  let faults = 0;
  for (const level of await findLevels(ordinary)) {
    if (!level.name.includes(wanted)) continue;
    if (level.lack) {
      rows.push(`| ${level.name}: ${level.lack} |`);
      continue;
    }
    const report = await sweepLevel(level, { names, repeats: Number(repeats), atOnce: 1 });
    for (const fault of faultsOf(report)) console.error(`${level.name}\n  ${fault}`);
    for (const [name, lack] of Object.entries(report.lacks))
      console.log(`${level.name}: ${name} was not tried, it lacks ${lack}`);
    console.log(`${level.name}: the last deaths that took longest: ${slowestOf(report)}`);
    faults += faultsOf(report).length;
    rows.push(rowOf(level.name, report));
  }
  await ordinary?.[Symbol.asyncDispose]();
  console.log(rows.join("\n"));
  return faults === 0 && names.length > 0;
}
