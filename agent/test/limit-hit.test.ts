/** What the kernel counts in a job's cgroup (memory.events, pids.events) becomes one sentence: which limit, whose, and what ended. */
import { expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shared } from "../server/processes/linux/machine-limits";
import { cgroupAt } from "../server/processes/linux/cgroup";
import { withLimitHit } from "../server/processes/linux/limit-hit";
import { limitHitWords, memoryAmount } from "../shared/limit-hit-words";
import { temporaryDirectory } from "./temporary-directory";

const megabyte = 1024 ** 2;
const gigabyte = 1024 ** 3;

type Files = Record<string, string>;

/** The hit of a cgroup whose files, and its parent's, are as given once its job has run. */
function hitOf(own: Files, parent: Files = {}) {
  using directory = temporaryDirectory();
  const path = join(directory.path, "job");
  mkdirSync(path);
  const write = (to: string, files: Files) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(to, name), text);
  };
  write(directory.path, { "memory.events.local": "oom 3\n", "memory.max": `${2 * gigabyte}\n` });
  const cgroup = withLimitHit(cgroupAt(path));
  expect(cgroup.limitHit()).toBeUndefined();
  write(path, own);
  write(directory.path, parent);
  const hit = cgroup.limitHit();
  // What was read last outlives the cgroup.
  rmSync(path, { recursive: true });
  expect(cgroup.limitHit()).toEqual(hit);
  return hit;
}

const max = { "memory.max": `${4 * gigabyte}\n` };

test.each([
  [
    "its own memory, as a whole",
    { ...max, "memory.events": "oom 1\noom_kill 3\noom_group_kill 1\n" },
    {},
    "Ended: it needed more than 4 GB of memory.",
  ],
  [
    "its own memory, on a kernel before 5.17",
    { ...max, "memory.events": "oom 1\noom_kill 3\n", "memory.oom.group": "1\n" },
    {},
    "Ended: it needed more than 4 GB of memory.",
  ],
  [
    "its own memory, one process of it",
    { ...max, "memory.events": "oom 1\noom_kill 1\noom_group_kill 0\n" },
    {},
    "A process of it was ended: together they needed more than 4 GB of memory.",
  ],
  [
    "the memory of all jobs",
    { ...max, "memory.events": "oom 0\noom_kill 2\noom_group_kill 1\n" },
    { "memory.events.local": "oom 4\n" },
    "Ended: all commands together needed more than 2 GB of memory.",
  ],
  [
    "the memory of the machine",
    { ...max, "memory.events": "oom 0\noom_kill 2\noom_group_kill 1\n" },
    {},
    "Ended: the machine had no more memory for it.",
  ],
  [
    "its own processes",
    { "pids.events": "max 12\n", "pids.max": "4096\n", "pids.peak": "4096\n" },
    {},
    "It reached its limit of 4,096 processes: it could not start more.",
  ],
  [
    "the processes of all jobs",
    { "pids.events": "max 12\n", "pids.max": "4096\n", "pids.peak": "200\n" },
    { "pids.max": "9000\n" },
    "All commands together reached the limit of 9,000 processes: it could not start more.",
  ],
])("%s", (_name, own, parent, words) => {
  expect(limitHitWords(hitOf(own as Files, parent)!)).toBe(words);
});

test("a job within its limits has reached none, whatever others have", () => {
  const own = { "memory.events": "max 9\noom 0\noom_kill 0\n", "pids.events": "max 0\n" };
  expect(hitOf(own, { "memory.events.local": "oom 9\n" })).toBeUndefined();
});

test.each([
  [0.5, "192 MB"],
  [2, "1.3 GB"],
  [16, "10.5 GB"],
  [64, "46.5 GB"],
])("on a machine of %d GB a command gets %s, and the server keeps its part", (total, each) => {
  const limits = shared(total * gigabyte, 32_768);
  expect(memoryAmount(limits.each.memoryBytes)).toBe(each);
  expect(limits.all.memoryBytes).toBeLessThanOrEqual(total * gigabyte - 256 * megabyte);
  expect(limits.each.memoryBytes).toBeLessThan(limits.all.memoryBytes);
  expect(limits).toMatchObject({ all: { processes: 16_384 }, each: { processes: 2048 } });
});
