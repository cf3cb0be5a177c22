/** A thread that waits for processes to exit, asleep in the kernel, and says when each did. */
import { dlopen, ptr } from "bun:ffi";
import { outsideMs } from "./outside-clock";

declare const self: Worker;

const { syscall, poll, close } = dlopen("libc.so.6", {
  syscall: { args: ["i64", "i64", "i64"], returns: "i64" },
  poll: { args: ["ptr", "u64", "int"], returns: "int" },
  close: { args: ["int"], returns: "int" },
}).symbols;

const pidfdOpen = 434;
const readable = 1;
const limitMs = 10_000;

/** Gets pids; answers "watching", and then when the last of them had exited, or undefined when one lived on. */
self.addEventListener("message", ({ data }: MessageEvent<number[]>) => {
  const descriptors = data.map((pid) => Number(syscall(pidfdOpen, pid, 0))).filter((fd) => fd >= 0);
  self.postMessage("watching", []);
  let waiting = descriptors;
  let last = outsideMs();
  while (waiting.length > 0) {
    const asked = new Int32Array(waiting.flatMap((fd) => [fd, readable]));
    if (poll(ptr(asked), waiting.length, limitMs) <= 0) break;
    last = outsideMs();
    waiting = waiting.filter((_, at) => asked[2 * at + 1]! >> 16 === 0);
  }
  for (const fd of descriptors) close(fd);
  self.postMessage({ last: waiting.length === 0 ? last : undefined }, []);
});
