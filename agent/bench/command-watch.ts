/** Finds the processes of a command that a server under test has started, and tells when the last of them has exited. */
import { commandLineOf, readProcess } from "../server/processes/inspect/process-table";
import { treesOf } from "../server/processes/linux/descendants";

export class CommandWatch implements Disposable {
  readonly #thread = new Worker(new URL("death-watch.ts", import.meta.url));

  /**
   * Resolves once the processes of the server's command are watched, up from its `sleep 60`. `died` resolves with the moment
   * at which the last of them has exited, on the outside clock; it rejects when one outlives the stop.
   */
  async watch(server: number): Promise<{ died: Promise<number> }> {
    let sleeper: number | undefined;
    while ((sleeper = sleeperOf(server)) === undefined) await Bun.sleep(1);
    const pids = [sleeper, ...ancestors(sleeper, server)];
    const watching = this.#next();
    this.#thread.postMessage(pids, []);
    await watching;
    const died = this.#next().then((result) => {
      const { last } = result as { last?: number };
      if (last !== undefined) return last;
      throw new Error(`A process outlived the stop, of ${pids.join(", ")}.`);
    });
    return { died };
  }

  #next(): Promise<unknown> {
    return new Promise((resolve) =>
      this.#thread.addEventListener("message", ({ data }) => resolve(data), { once: true }),
    );
  }

  [Symbol.dispose](): void {
    this.#thread.terminate();
  }
}

function sleeperOf(server: number): number | undefined {
  return [...treesOf([server])].find((row) => row && commandLineOf(row.pid) === "sleep 60")?.pid;
}

/** Up to the supervisor, which is the server's own child and no process of the command; the bare way has none. */
function ancestors(pid: number, server: number): number[] {
  const parent = parentOf(pid);
  if (parent === server) return [];
  const isSupervisor = parentOf(parent) === server && !commandLineOf(parent).startsWith("bash");
  return isSupervisor ? [] : [parent, ...ancestors(parent, server)];
}

function parentOf(pid: number): number {
  return readProcess(pid)!.parent;
}
