/** A person's server that answers without end costs the front no memory: what it says of itself is read so far, and no further. */
import { expect, test } from "bun:test";
import { isIdle } from "../server/unix-users/idle-server";

const idle = ["rein_active_runs", "rein_jobs", "rein_engines", "rein_schedules", "rein_viewers"]
  .map((name) => `${name} 0\n`)
  .join("");

function serverOf(answer: () => Response) {
  return { frontStreams: 0, fetch: () => Promise.resolve(answer()) };
}

test("one that has nothing to do is idle", async () => {
  expect(await isIdle(serverOf(() => new Response(idle)))).toBe(true);
});

test("one that answers without end is not idle, and little of its answer is read", async () => {
  let read = 0;
  let isCancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      read += 100_000;
      // What ends it in the place of the time that the front gives it.
      if (read > 50_000_000) controller.error(new Error("enough"));
      else controller.enqueue(new Uint8Array(100_000));
    },
    cancel: () => void (isCancelled = true),
  });
  expect(await isIdle(serverOf(() => new Response(endless)))).toBe(false);
  expect(isCancelled).toBe(true);
  expect(read).toBeLessThan(2_000_000);
});
