/**
 * `bun run test:sweep [options]`: stops the adversaries at every level, then tries the selected injection points in several
 * processes; prints faults and counts. `--adversaries [options]`: the former alone; with other options the latter alone.
 */
import { runAdversaries } from "../adversaries/run-adversaries";
import { readSelection } from "./selection";
import { startSweepWorkers } from "./sweep-workers";
import { Tally } from "./tally";

/** A point mostly waits, so there are more workers than cores. */
const workerCount = 4;

const args = process.argv.slice(2);
const isOnlyAdversaries = args[0] === "--adversaries";
const isWithAdversaries = isOnlyAdversaries || args.length === 0;
// First, while nothing else keeps the machine busy: the last death is timed.
const isEnded = !isWithAdversaries || (await runAdversaries(args.slice(1)));
if (isOnlyAdversaries) process.exit(isEnded ? 0 : 1);

const tally = new Tally();
const workers = startSweepWorkers(readSelection(args), workerCount, ({ faults, counts }) => {
  for (const [intervention, count] of counts) tally.add(intervention, count);
  for (const [fault, points] of faults) console.error(`${fault}\n  ${points.join("\n  ")}`);
});
const codes = await workers.exited;
console.log(String(tally));
const { tried, failed } = tally.sum();
if (tried === 0) console.error("No point was tried: the filters match none, or a worker failed.");
process.exit(codes.every((code) => code === 0) && failed === 0 && tried > 0 && isEnded ? 0 : 1);
