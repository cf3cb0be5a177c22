/** `rein hooks`: the commands of the settings that run before and after tools, and when a run was stopped or has ended. */
import { hookEventNames } from "../client/state/hook-words";
import type { Hook } from "../shared/protocol";
import { terminalLine } from "../shared/terminal-safe";
import { type Actions, runAction, usageOf } from "./command-actions";
import { chosenRow } from "./chosen-row";
import { answerMs, type Call, type Command } from "./command";
import { exactLine } from "./exact-text";
import { jsonLine, writeOutput } from "./standard-output";
import { textTable } from "./text-table";

const actions: Actions = [
  ["list", { usage: "[--json]", least: 0, most: 0, run: list }],
  ["on", { usage: "NAME", least: 1, most: 1, run: (call, [name]) => turn(call, name, true) }],
  ["off", { usage: "NAME", least: 1, most: 1, run: (call, [name]) => turn(call, name, false) }],
];

export const hooksCommand: Command = {
  name: "hooks",
  summary: "List the hooks of the settings, and turn them on and off",
  usage: usageOf(actions),
  positionals: 2,
  options: { json: { type: "boolean", help: "Print JSON in the place of a table" } },
  run: (call) => runAction("rein hooks", actions, call),
};

const signal = () => AbortSignal.timeout(answerMs);

async function list(call: Call): Promise<number> {
  const { rein } = await call.connect("terminal");
  const hooks = await rein.hooks(signal());
  await writeOutput(call.has("json") ? jsonLine({ hooks }) : listWords(hooks));
  return 0;
}

function listWords(hooks: readonly Hook[]): string {
  if (hooks.length === 0) return "There are no hooks. The settings page adds them.\n";
  const rows = hooks.map(({ name, on, tools, command, timeoutSeconds, unconfined, isOn }) => [
    terminalLine(name),
    isOn ? "on" : "off",
    hookEventNames[on],
    terminalLine(tools?.join(", ") ?? "all"),
    `${timeoutSeconds} s`,
    unconfined ? "no" : "yes",
    exactLine(command),
  ]);
  return `${textTable(["NAME", "STATE", "WHEN", "TOOLS", "LIMIT", "SANDBOX", "COMMAND"], rows)}\n`;
}

async function turn(call: Call, name = "", isOn: boolean): Promise<number> {
  const { rein } = await call.connect("terminal");
  const hooks = await rein.hooks(signal());
  const found = chosenRow(hooks, name, { noun: "hook", list: "rein hooks" });
  const changed = hooks.map((hook) => (hook === found ? { ...hook, isOn } : hook));
  await rein.saveHooks(changed, signal());
  await writeOutput(`${terminalLine(found.name)} is ${isOn ? "on" : "off"}.\n`);
  return 0;
}
