/** `rein project`: what says how an agent works in this directory, and a person's answers about the project's part of it. */
import {
  askedDefinitions,
  changedLines,
  definitionName,
  originWords,
  roleWords,
  standingWords,
} from "../client/state/project-words";
import { signs } from "../client/state/diff-lines";
import { plural } from "../shared/plural";
import type { Definition, ProjectView } from "../shared/protocol";
import { terminalLine } from "../shared/terminal-safe";
import { type Actions, runAction, usageOf } from "./command-actions";
import { answerMs, type Call, type Command, CommandFailed, UsageError } from "./command";
import type { Connection } from "./connect";
import { exact, exactLine, indented } from "./exact-text";
import { askKey } from "./keyboard";
import { jsonLine, writeOutput } from "./standard-output";
import { textTable } from "./text-table";

const actions: Actions = [
  ["list", { usage: "[--json]", least: 0, most: 0, run: list }],
  ["show", { usage: "[NAME]…", least: 0, run: show }],
  [
    "allow",
    {
      usage: "[NAME]… [--any-change]",
      least: 0,
      run: (call, names) => answer(call, names, "allow"),
    },
  ],
  ["refuse", { usage: "[NAME]…", least: 0, run: (call, names) => answer(call, names, "refuse") }],
];

export const projectCommand: Command = {
  name: "project",
  summary: "List what says how an agent works here; allow or refuse what the project brings",
  usage: usageOf(actions),
  positionals: 1001,
  options: {
    json: { type: "boolean", help: "Print JSON in the place of a table" },
    "any-change": {
      type: "boolean",
      help: "allow: instructions (AGENTS.md, CLAUDE.md) also when they change",
    },
    yes: { type: "boolean", short: "y", help: "allow: do not show and ask first" },
  },
  run: (call) => runAction("rein project", actions, call),
};

const signal = () => AbortSignal.timeout(answerMs);
/** With a server elsewhere, this machine's directories mean nothing there. */
const directoryOf = (call: Call) => (call.isRemote ? undefined : process.cwd());

async function look(call: Call): Promise<{ rein: Connection["rein"]; view: ProjectView }> {
  const { rein } = await call.connect("terminal");
  return { rein, view: await rein.project(directoryOf(call), signal()) };
}

async function list(call: Call): Promise<number> {
  const { view } = await look(call);
  await writeOutput(call.has("json") ? jsonLine(view) : listWords(view));
  return 0;
}

function listWords({ definitions, problems, memory }: ProjectView): string {
  const rows = definitions.map((one) => [
    one.kind,
    terminalLine(definitionName(one)),
    originWords[one.origin],
    standingWords[one.standing],
    terminalLine(one.path),
  ]);
  const table =
    rows.length === 0
      ? "Nothing here says how an agent works."
      : textTable(["KIND", "NAME", "FROM", "STANDING", "FILE"], rows);
  const asked = definitions.filter(({ standing }) => standing === "asked").length;
  const waits =
    asked === 0
      ? []
      : [
          `${plural(asked, "of them waits", "of them wait")} for your answer: “rein project show” shows all of it, “rein project allow” and “rein project refuse” answer.`,
        ];
  const notes =
    memory.proposed === 0 ? [] : [`${plural(memory.proposed, "note")} proposed: “rein memory”.`];
  return `${[table, ...problems.map(terminalLine), ...waits, ...notes].join("\n")}\n`;
}

async function show(call: Call, names: string[]): Promise<number> {
  const { view } = await look(call);
  const wanted = names.length === 0 ? askedDefinitions(view) : namedIn(view.definitions, names);
  await writeOutput(
    wanted.length === 0 ? "Nothing waits for an answer.\n" : wanted.map(wholeWords).join("\n"),
  );
  return 0;
}

/** Everything that a person answers for. */
function wholeWords(one: Definition): string {
  const { kind, origin, standing, path, text, files = [], runs, grants, notes } = one;
  const head = `${kind} ${exactLine(definitionName(one))} (${originWords[origin]}, ${exactLine(path)}): ${standingWords[standing]}`;
  const role = roleWords(one);
  const facts = [
    ...(role === "" ? [] : [role]),
    ...runs.map((command) => `Runs: ${command}`),
    ...grants.map((words) => `Allows: ${words}`),
    ...files.map((file) => `In its folder: ${file.path} (${plural(file.bytes, "byte")})`),
    ...notes,
  ].map((fact) => `  ${exactLine(fact)}`);
  const changed = changedLines(one)?.map((line) => signs[line.kind] + exact(line.text));
  const changes = changed && ["  Since it was allowed:", indented(changed.join("\n"))];
  return `${[head, ...facts, ...(changes ?? []), "  Text:", indented(exact(text.trimEnd()))].join("\n")}\n`;
}

function namedIn(definitions: readonly Definition[], names: readonly string[]): Definition[] {
  return names.flatMap((name) => {
    const found = definitions.filter((one) =>
      [one.name, one.path, definitionName(one)].includes(name),
    );
    if (found.length > 0) return found;
    throw new CommandFailed(
      `Nothing here is named “${terminalLine(name)}”. “rein project” lists what there is.`,
    );
  });
}

async function answer(call: Call, names: string[], said: "allow" | "refuse"): Promise<number> {
  const anyChange = call.has("any-change");
  if (anyChange && said === "refuse") throw new UsageError("--any-change is for allow alone.");
  const { rein, view } = await look(call);
  const ofProject = view.definitions.filter(({ origin }) => origin === "project");
  const wanted = names.length === 0 ? askedDefinitions(view) : namedIn(ofProject, names);
  if (wanted.length === 0) {
    await writeOutput("Nothing waits for an answer.\n");
    return 0;
  }
  if (said === "allow" && !(await isAllowed(call, wanted))) {
    await writeOutput("Nothing was allowed.\n");
    return 0;
  }
  const answers = wanted.map(({ kind, name, digest }) => ({
    kind,
    name,
    digest,
    answer: said,
    ...(anyChange && kind === "instructions" && { anyChange }),
  }));
  await rein.answerProject({ cwd: view.cwd, answers }, signal());
  const done = said === "allow" ? "Allowed" : "Refused";
  await writeOutput(
    wanted.map((one) => `${done} ${one.kind} ${terminalLine(definitionName(one))}\n`).join(""),
  );
  return 0;
}

/** Shows all of it and asks, where a person is there to see it. */
async function isAllowed(call: Call, wanted: readonly Definition[]): Promise<boolean> {
  if (call.has("yes") || !process.stdin.isTTY || !process.stdout.isTTY) return true;
  await writeOutput(`${wanted.map(wholeWords).join("\n")}\n`);
  const say = () => void process.stderr.write("Allow it as shown? y/n: ");
  const key = await askKey(say, "yn", new AbortController().signal);
  process.stderr.write("\n");
  return typeof key === "object" && key.key === "y";
}
