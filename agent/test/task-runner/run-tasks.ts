/**
 * `bun run tasks --provider ID --model NAME`: the twenty tasks with a real model, on a server of its own in this process,
 * with their score, time, turns, tokens and cost.
 *
 *     --only NAME      this task alone; again for each
 *     --together 4     how many run at a time
 *     --json           one JSON object in the place of the table
 *     --unconfined     where this machine has no sandbox: commands of the model do whatever you can
 *
 * The key is that of the environment, or of the settings of this machine's server. Exits with 0 when every task was passed,
 * 1 when not, 2 for wrong usage or a service that refuses the key or the model, and 130 when it was stopped: Ctrl+C stops every run, and nothing is left.
 */
import { parseArgs } from "node:util";
import { endErrorOutput, jsonLine, writeOutput } from "../../cli/standard-output";
import { onStopSignals } from "../../cli/stop-signals";
import { bypassProxy } from "../../server/config/proxy";
import { ApiError } from "../../sdk/create-rein";
import { terminalText } from "../../shared/terminal-safe";
import { allTasks } from "../tasks/all-tasks";
import { checkReady, settingsOf, WrongChoice } from "./model-settings";
import { runAll } from "./run-all";
import type { TaskResult } from "./run-task";
import type { Task } from "./task";
import { reportOf, TaskTable } from "./task-report";
import { startTaskServer } from "./task-server";

const usage =
  "Usage: bun run tasks --provider ID --model NAME [--only TASK]… [--together 4] [--json] [--unconfined]";

interface Wanted {
  provider: string;
  model: string;
  tasks: readonly Task[];
  together: number;
  json: boolean;
  unconfined: boolean;
}

const stop = new AbortController();
const signals = onStopSignals(stop, () => {});
const exitCode = await run(process.argv.slice(2), stop.signal).catch(failed);
signals[Symbol.dispose]();
await endErrorOutput();
// Time-outs of requests that were answered would keep the process.
process.exit(exitCode);

async function run(args: string[], signal: AbortSignal): Promise<number> {
  const wanted = wantedOf(args);
  if (wanted === "help") {
    await writeOutput(`${usage}\n`);
    return 0;
  }
  bypassProxy();
  await using server = await startTaskServer(settingsOf(wanted.provider, process.env), signal);
  await checkReady(server.rein, wanted.provider, signal);
  const { sandboxWorks, noSandbox = "" } = server.capabilities;
  if (!sandboxWorks && !wanted.unconfined)
    throw new WrongChoice(
      `This machine has no sandbox: ${noSandbox} With --unconfined the model's commands do whatever you can.`,
    );
  const { tasks, json } = wanted;
  const table = new TaskTable(tasks);
  if (!json) await writeOutput(table.head());
  const startedAt = performance.now();
  const ended: TaskResult[] = [];
  const report = (results: TaskResult[]) =>
    reportOf(wanted, results, Math.round(performance.now() - startedAt) / 1000);
  try {
    const results = await runAll(server, tasks, wanted, signal, async (result) => {
      ended.push(result);
      if (!json) await writeOutput(table.row(result));
    });
    const whole = report(results);
    await writeOutput(json ? jsonLine(whole) : table.sum(whole));
    return whole.passed === whole.of ? 0 : 1;
  } catch (error) {
    if (!signal.aborted) throw error;
    if (!json && ended.length > 0) await writeOutput(table.sum(report(ended)));
    process.stderr.write(`Stopped after ${ended.length} of ${tasks.length} tasks.\n`);
    return 130;
  }
}

function wantedOf(args: string[]): Wanted | "help" {
  const { values } = parse(args);
  if (values.help) return "help";
  const { provider, model, only = [], together = "4", json = false, unconfined = false } = values;
  if (!provider || !model) throw new WrongChoice(`Name a provider and a model.\n${usage}`);
  const unknown = only.filter((name) => !allTasks.some((task) => task.name === name));
  if (unknown.length > 0)
    throw new WrongChoice(
      `There is no task “${unknown.join(", ")}”. There are: ${allTasks.map(({ name }) => name).join(", ")}.`,
    );
  if (!/^[1-9]\d?$/.test(together))
    throw new WrongChoice(`--together is “${together}”; expected a number from 1 to 99.`);
  const tasks = only.length === 0 ? allTasks : allTasks.filter(({ name }) => only.includes(name));
  return { provider, model, tasks, together: Number(together), json, unconfined };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        provider: { type: "string" },
        model: { type: "string" },
        only: { type: "string", multiple: true },
        together: { type: "string" },
        json: { type: "boolean" },
        unconfined: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new WrongChoice(`${(error as Error).message}\n${usage}`, { cause: error });
  }
}

/** A bug is shown whole. */
function failed(error: unknown): number {
  if (stop.signal.aborted) return 130;
  if (!(error instanceof WrongChoice || error instanceof ApiError)) throw error;
  process.stderr.write(`${terminalText(error.message)}\n`);
  return error instanceof WrongChoice ? 2 : 1;
}
