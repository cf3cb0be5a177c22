/** `bun run test:sweep`: every moment, in processes side by side; how many were tried of each kind, and how many have failed. */
import { join } from "node:path";
import { Tally } from "./tally";

/** A moment mostly waits: more than there are cores. */
const shards = 4;

const tally = new Tally();
const passed = await Promise.all(Array.from({ length: shards }, (_, shard) => tryShard(shard)));
console.log(String(tally));
process.exit(passed.every(Boolean) ? 0 : 1);

async function tryShard(shard: number): Promise<boolean> {
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
  const isGreen = (await child.exited) === 0;
  if (!isGreen) console.error(told);
  return tally.read(said) && isGreen;
}
