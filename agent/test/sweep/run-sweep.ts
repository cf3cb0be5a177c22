/** `bun run test:sweep [options]`: tries the selected injection points in several processes, and prints faults and counts. */
import { readSelection } from "./selection";
import { startSweepWorkers } from "./sweep-workers";
import { Tally } from "./tally";
import { sweepUndo } from "./undo-sweep";

/** A point mostly waits, so there are more workers than cores. */
const workerCount = 4;

const isOnlyUndo = process.argv[2] === "--undo";
const isUndone = process.argv.length > 2 && !isOnlyUndo ? true : await sweepUndo();
if (isOnlyUndo) process.exit(isUndone ? 0 : 1);

const tally = new Tally();
const workers = startSweepWorkers(
  readSelection(process.argv.slice(2)),
  workerCount,
  ({ faults, counts }) => {
    for (const [intervention, count] of counts) tally.add(intervention, count);
    for (const [fault, points] of faults) console.error(`${fault}\n  ${points.join("\n  ")}`);
  },
);
const codes = await workers.exited;
console.log(String(tally));
const { tried, failed } = tally.sum();
if (tried === 0) console.error("No point was tried: the filters match none, or a worker failed.");
process.exit(codes.every((code) => code === 0) && failed === 0 && tried > 0 && isUndone ? 0 : 1);
