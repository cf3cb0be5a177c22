/** `rein schedules`: lists the schedules of the server, adds, pauses, runs and removes them. */
import {
  lastWords,
  missedWords,
  nextWords,
  sentWords,
  whenWords,
} from "../client/state/schedule-words";
import { callableDefinitions } from "../client/state/callable-definitions";
import { splitCommand } from "../client/state/split-command";
import type { Schedule } from "../shared/protocol";
import { scheduleLimits } from "../shared/requests/limit-schemas";
import { terminalLine } from "../shared/terminal-safe";
import { ellipsized } from "../shared/truncate";
import { askFlags, chosenOf } from "./ask-flags";
import { type Actions, runAction, usageOf } from "./command-actions";
import { chosenRow, shortId } from "./chosen-row";
import { answerMs, type Call, type Command, CommandFailed } from "./command";
import type { Connection } from "./connect";
import { jsonLine, writeOutput } from "./standard-output";
import { missedOf, whenOf } from "./schedule-flags";
import { textTable } from "./text-table";
import { isPath, type Said } from "./typed-message";
import { defined } from "../shared/defined";

const one = { least: 1, most: 1, usage: "ID" };
const actions: Actions = [
  ["list", { usage: "[--json]", least: 0, most: 0, run: list }],
  [
    "add",
    { usage: 'NAME "MESSAGE" --every MINUTES | --cron FIELDS | --at TIME', least: 2, run: add },
  ],
  ["pause", { ...one, run: (call, [id]) => turn(call, id, false) }],
  ["resume", { ...one, run: (call, [id]) => turn(call, id, true) }],
  ["run", { ...one, run }],
  ["remove", { ...one, run: remove }],
];

const { model, provider, engine, cwd, permissions } = askFlags;

export const schedulesCommand: Command = {
  name: "schedules",
  summary: "List the schedules; add, pause, run and remove them",
  usage: usageOf(actions),
  positionals: 1001,
  options: {
    json: { type: "boolean", help: "Print JSON in the place of a table" },
    every: {
      type: "string",
      value: "MINUTES",
      help: "add: again and again, so many minutes apart",
    },
    cron: { type: "string", value: "FIELDS", help: 'add: as cron has it, such as "0 9 * * 1-5"' },
    "time-zone": { type: "string", value: "ZONE", help: "add: of --cron (this machine's)" },
    at: { type: "string", value: "TIME", help: "add: once, such as 2026-12-01T09:00" },
    missed: {
      type: "string",
      value: "skip|once",
      help: "add: what happens about times at which the server did not run: nothing, or one run",
    },
    permissions: {
      ...permissions,
      help: "add: what it may do; what would be asked is denied",
    },
    model,
    provider,
    engine,
    cwd,
    "max-turns": askFlags["max-turns"],
    "max-minutes": askFlags["max-minutes"],
    "max-tokens": askFlags["max-tokens"],
    "max-usd": askFlags["max-usd"],
  },
  run: (call) => runAction("rein schedules", actions, call),
};

const signal = () => AbortSignal.timeout(answerMs);

async function list(call: Call): Promise<number> {
  const { rein } = await call.connect("terminal");
  const answer = await rein.schedules(signal());
  await writeOutput(call.has("json") ? jsonLine(answer) : listWords(answer.schedules));
  return 0;
}

function listWords(schedules: readonly Schedule[]): string {
  if (schedules.length === 0) return "There are no schedules.\n";
  const rows = schedules.map((schedule) => [
    shortId(schedule.id),
    terminalLine(schedule.name),
    terminalLine(whenWords(schedule.when)),
    [nextWords(schedule), lastWords(schedule), missedWords(schedule)]
      .filter((words) => words !== undefined)
      .join(" · "),
    ellipsized(terminalLine(sentWords(schedule)), 60),
  ]);
  return `${textTable(["ID", "NAME", "WHEN", "STATE", "SENDS"], rows)}\n`;
}

async function add(call: Call, [name = "", ...words]: string[]): Promise<number> {
  const { model, provider, engine, permissions, limits, cwd } = chosenOf(call);
  const chosen = defined({
    model,
    provider,
    engine,
    permissions,
    // One that is named leaves the others as they are by default.
    limits: limits && { ...scheduleLimits, ...limits },
    cwd,
    missed: missedOf(call),
  });
  const when = whenOf(call);
  const { rein } = await call.connect("terminal");
  const sent = await sentOf(rein, words.join(" "), cwd);
  const schedule = await rein.addSchedule({ name, ...sent, ...chosen, when }, signal());
  await writeOutput(`Added ${shortId(schedule.id)}. ${nextWords(schedule)}\n`);
  return 0;
}

/** What begins with a slash is a command or a skill of a file that can be called now, or a path. Throws CommandFailed. */
async function sentOf(rein: Connection["rein"], message: string, cwd?: string): Promise<Said> {
  const { name, argument } = splitCommand(message);
  if (name === "") return { message };
  const callable = callableDefinitions((await rein.project(cwd, signal())).definitions);
  if (callable.some((one) => one.name === name)) return { command: { name, arguments: argument } };
  if (isPath(name)) return { message };
  throw new CommandFailed(
    `There is no command /${terminalLine(name)} that can be called there. “rein project” lists those of files, and which wait for your answer.`,
  );
}

async function find(call: Call, named = "") {
  const { rein } = await call.connect("terminal");
  const { schedules } = await rein.schedules(signal());
  const place = { noun: "schedule", list: "rein schedules" };
  return { rein, schedule: chosenRow(schedules, named, place) };
}

async function turn(call: Call, named: string | undefined, isOn: boolean): Promise<number> {
  const { rein, schedule } = await find(call, named);
  const changed = await rein.changeSchedule(schedule.id, { isOn }, signal());
  await writeOutput(`${terminalLine(schedule.name)}: ${nextWords(changed)}\n`);
  return 0;
}

async function run(call: Call, [named]: string[]): Promise<number> {
  const { rein, schedule } = await find(call, named);
  const { last } = await rein.runSchedule(schedule.id, signal());
  await writeOutput(`Runs in the session ${last?.sessionId ?? "of its own"}.\n`);
  return 0;
}

async function remove(call: Call, [named]: string[]): Promise<number> {
  const { rein, schedule } = await find(call, named);
  await rein.removeSchedule(schedule.id, signal());
  await writeOutput(`Removed ${terminalLine(schedule.name)}. What runs of it goes on.\n`);
  return 0;
}
