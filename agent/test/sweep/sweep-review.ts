/** `bun run test:sweep --review [options]`: tries the moments of commits and drafts, and prints the faults. */
import { parseArgs } from "node:util";
import { type ReviewPoint, ReviewSweep } from "./review-sweep";
import { readSelection } from "./selection";

const text = { type: "string" } as const;

/** `--share k/n`, `--act commit`, `--cut SIGKILL`, `--at 12`. Returns whether there was no fault. */
export async function sweepReview(args: string[]): Promise<boolean> {
  const options = { share: text, act: text, cut: text, at: text };
  const { share = "0/1", act, cut, at } = parseArgs({ args, options }).values;
  const isWanted = (point: ReviewPoint) =>
    (act ?? point.act) === point.act &&
    (cut ?? point.cut) === point.cut &&
    (at ?? String(point.at)) === String(point.at);
  const { faults, tried } = await tryReview(share, isWanted);
  for (const fault of faults) console.error(fault);
  console.log(`Commits and drafts: ${tried} tried, ${faults.length} faults`);
  return tried > 0 && faults.length === 0;
}

/** A share of those that are wanted: always the same. */
export async function tryReview(
  share: string,
  isWanted: (point: ReviewPoint) => boolean = () => true,
): Promise<{ faults: string[]; tried: number }> {
  await using sweep = new ReviewSweep();
  const { k, n } = readSelection(["--share", share]).share;
  const points = (await sweep.points()).filter(
    (point) => isWanted(point) && Bun.hash.crc32(nameOf(point)) % n === k,
  );
  const faults: string[] = [];
  for (const point of points)
    for (const fault of await sweep.try(point)) faults.push(`${nameOf(point)}: ${fault}`);
  return { faults, tried: points.length };
}

function nameOf({ act, cut, at }: ReviewPoint): string {
  return `${act}, ${cut} at ${at}`;
}
