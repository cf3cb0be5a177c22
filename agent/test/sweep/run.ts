/** `bun run test:sweep`: every moment of a stop, in processes side by side, and how many were tried and have failed. */
import { join } from "node:path";

/** A moment mostly waits: more than there are cores. */
const shards = 4;

const results = await Promise.all(Array.from({ length: shards }, (_, shard) => tryShard(shard)));
const sum = (index: number) => results.reduce((total, result) => total + result.counts[index]!, 0);
console.log(`sweep: ${sum(0)} moments tried, ${sum(1)} failed (${sum(2)} not reached)`);
process.exit(results.every(({ passed }) => passed) ? 0 : 1);

async function tryShard(shard: number): Promise<{ passed: boolean; counts: number[] }> {
  const child = Bun.spawn([process.execPath, "test", "./agent/test/sweep.test.ts"], {
    cwd: join(import.meta.dir, "../../.."),
    env: { ...process.env, REIN_SWEEP_SHARD: `${shard}/${shards}` },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [said, told] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const passed = (await child.exited) === 0;
  if (!passed) console.error(told);
  const counted = said.match(/^sweep: (\d+) \w+ tried, (\d+) failed \((\d+)/m);
  return { passed: passed && counted !== null, counts: counted?.slice(1).map(Number) ?? [0, 0, 0] };
}
