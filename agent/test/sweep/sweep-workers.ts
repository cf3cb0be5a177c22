/** Starts sweep workers side by side, each with a part of the points, and reads their results. */
import { join } from "node:path";
import { optionsOf, type Selection } from "./selection";
import type { ConversationResult } from "./sweep-worker";

export interface SweepWorkers extends AsyncDisposable {
  /** Resolves with the exit codes, in the order of the parts. */
  exited: Promise<number[]>;
}

/** `onResult` is called with each conversation's result of each worker. Their standard error is passed through. */
export function startSweepWorkers(
  parts: Selection[],
  onResult: (result: ConversationResult) => void,
): SweepWorkers {
  const workers = parts.map((part) => startWorker(part, onResult));
  return {
    exited: Promise.all(workers.map(({ read }) => read)),
    async [Symbol.asyncDispose]() {
      for (const { child } of workers) child.kill();
      await Promise.all(workers.map(({ read }) => read));
    },
  };
}

function startWorker(part: Selection, onResult: (result: ConversationResult) => void) {
  const program = join(import.meta.dir, "sweep-worker.ts");
  const child = Bun.spawn([process.execPath, program, ...optionsOf(part)], {
    // Held open: its end, also by a kill of this process, ends the worker.
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const read = (async () => {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines)
        if (line.startsWith("{")) onResult(JSON.parse(line) as ConversationResult);
    }
    return await child.exited;
  })();
  return { child, read };
}
