/**
 * `bun run test:sweep [options]`: stops the adversaries at every level, undoes seeded sequences of file operations, cuts
 * commits and drafts, then tries the selected injection points in several processes, at a server alone and at another node
 * of its cluster; prints faults and counts. `--adversaries [options]`, `--undo` or `--review [options]`: these alone; with
 * other options the injection points alone, with `--other-node` those of a cluster.
 */
import { runAdversaries } from "../adversaries/run-adversaries";
import { lacksPostgres } from "../postgres";
import { readSelection, splitPoints } from "./selection";
import { sweepReview } from "./sweep-review";
import { startSweepWorkers } from "./sweep-workers";
import { Tally } from "./tally";
import { sweepUndo } from "./undo-sweep";

/** A point mostly waits, so there are more workers than cores. */
const workerCount = 4;

const args = process.argv.slice(2);
if (args[0] === "--adversaries") exit(await runAdversaries(args.slice(1)));
if (args[0] === "--undo") exit(await sweepUndo());
if (args[0] === "--review") exit(await sweepReview(args.slice(1)));
// The adversaries first, while nothing else keeps the machine busy: the last death is timed.
const isClean =
  args.length > 0 ||
  [await runAdversaries([]), await sweepUndo(), await sweepReview([])].every(Boolean);

const isAlone = await tryPoints(args);
exit(isAlone && (args.length > 0 || (await tryPoints(["--other-node"]))) && isClean);

/** Whether there was no fault. */
async function tryPoints(options: string[]): Promise<boolean> {
  const selection = readSelection(options);
  if (selection.atOtherNode && lacksPostgres !== "") {
    console.log(`sweep: points at another node${lacksPostgres}`);
    return true;
  }
  const tally = new Tally();
  const workers = startSweepWorkers(splitPoints(selection, workerCount), ({ faults, counts }) => {
    for (const [intervention, count] of counts) tally.add(intervention, count);
    for (const [fault, points] of faults) console.error(`${fault}\n  ${points.join("\n  ")}`);
  });
  const codes = await workers.exited;
  console.log(String(tally));
  const { tried, failed } = tally.sum();
  if (tried === 0) console.error("No point was tried: the filters match none, or a worker failed.");
  return codes.every((code) => code === 0) && failed === 0 && tried > 0;
}

function exit(isClean: boolean): never {
  process.exit(isClean ? 0 : 1);
}
