/** A stop of a great many processes is proven when the last of them is dead, however long that takes. */
import { expect, test } from "bun:test";
import type { Proof } from "../shared/protocol";
import { ObservedProcesses, terminate } from "../server/processes/terminate";
import type { ProcessGroup } from "../server/processes/process-group";
import { ShownProcesses } from "../server/processes/inspect/shown-processes";

const shown = new ShownProcesses({ command: ["many"] });

/** Of its processes one fewer is left at each look, until `least`. */
function dyingGroup(least: number): ProcessGroup {
  const gone = Promise.withResolvers<Proof>();
  let left = 20;
  return {
    pid: process.pid,
    exited: Promise.resolve({ exitCode: 0, signalName: null }),
    gone: gone.promise,
    output: [],
    members: () => [],
    kill() {},
    count() {
      if (left > least) left--;
      if (left === 0) gone.resolve("proven");
      return left;
    },
    write: () => true,
    closeInput() {},
    resize() {},
  };
}

const options = {
  graceMs: 0,
  hardStop: Promise.resolve(),
  sandboxPid: undefined,
  killTimeoutMs: 300,
};

test("as long as fewer and fewer are left, the stop waits for the last one", async () => {
  const group = dyingGroup(0);
  const end = await terminate(group, new ObservedProcesses(group, shown), options);
  expect(end.proof).toBe("proven");
});

test("when no fewer are left, it gives up", async () => {
  const group = dyingGroup(3);
  const end = await terminate(group, new ObservedProcesses(group, shown), options);
  expect(end.proof).toBe("seen");
});
