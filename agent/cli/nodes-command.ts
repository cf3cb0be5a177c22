/** `rein nodes`: lists the machines of a cluster, and removes one that is gone for good. */
import { terminalLine } from "../shared/terminal-safe";
import { plural } from "../shared/plural";
import { type Actions, runAction, usageOf } from "./command-actions";
import { answerMs, type Call, type Command } from "./command";
import { askKey } from "./keyboard";
import { printNodes } from "./list-nodes";
import { writeOutput } from "./standard-output";

const actions: Actions = [
  ["list", { usage: "[--json]", least: 0, most: 0, run: printNodes }],
  ["remove", { usage: "MACHINE [--yes]", least: 1, most: 1, run: remove }],
];

export const nodesCommand: Command = {
  name: "nodes",
  summary: "List the machines of a cluster, or remove one that is gone for good",
  usage: usageOf(actions),
  positionals: 1001,
  options: {
    json: { type: "boolean", help: "Print JSON in the place of a table" },
    yes: { type: "boolean", short: "y", help: "remove: do not ask first" },
  },
  run: (call) => runAction("rein nodes", actions, call),
};

async function remove(call: Call, [name = ""]: string[]): Promise<number> {
  const { rein } = await call.connect("terminal");
  if (!(await mayRemove(call, name))) return 1;
  const { sessions, settled } = await rein.removeNode(name, AbortSignal.timeout(answerMs));
  const left = settled === 0 ? "" : ` ${plural(settled, "run")} of it ended.`;
  await writeOutput(
    `Removed ${terminalLine(name)}; ${plural(sessions, "session")} of it can still be read, and deleted.${left}\n`,
  );
  return 0;
}

async function mayRemove(call: Call, name: string): Promise<boolean> {
  if (call.has("yes") || !process.stdin.isTTY || !process.stdout.isTTY) return true;
  const words = `${terminalLine(name)} leaves the list of machines. What it left running is written down as ended; if it is only out of reach, it goes on there. Its sessions can be read and deleted, but not continued. If it comes back, it joins again and they are its own. Remove it? y/n: `;
  const key = await askKey(() => process.stderr.write(words), "yn", new AbortController().signal);
  process.stderr.write(typeof key === "object" ? `${key.key}\n` : "\n");
  return typeof key === "object" && key.key === "y";
}
