/** `rein project`: what says how an agent works in this directory, and a person's answers about the project's part of it. */
import { standingWords } from "../client/state/project-words";
import { plural } from "../shared/plural";
import type { Definition, McpEntry, ProjectView } from "../shared/protocol";
import { terminalLine } from "../shared/terminal-safe";
import { type Actions, runAction, usageOf } from "./command-actions";
import { answerMs, type Call, type Command, CommandFailed, UsageError } from "./command";
import type { Connection } from "./connect";
import { askKey } from "./keyboard";
import { definitionItem, type ProjectItem, serverItems, wholeWords } from "./project-items";
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

interface Looked {
  rein: Connection["rein"];
  view: ProjectView;
  /** The project's MCP servers, with what is wrong with their file. */
  servers: { entries: McpEntry[]; problems: string[] };
  items: ProjectItem[];
}

async function look(call: Call): Promise<Looked> {
  const { rein } = await call.connect("terminal");
  const cwd = directoryOf(call);
  const [view, mcp] = await Promise.all([
    rein.project(cwd, signal()),
    rein.mcp(cwd, undefined, signal()),
  ]);
  const items = [...view.definitions.map(definitionItem), ...serverItems(mcp.entries)];
  return { rein, view, servers: mcp, items };
}

async function list(call: Call): Promise<number> {
  const looked = await look(call);
  const { view, servers } = looked;
  const mcp = servers.entries.filter(({ origin }) => origin === "project");
  await writeOutput(call.has("json") ? jsonLine({ ...view, mcp }) : listWords(looked));
  return 0;
}

function listWords({ items, servers, view: { problems, memory } }: Looked): string {
  const rows = items.map(({ kind, name, from, standing, path }) => [
    kind,
    terminalLine(name),
    from,
    standingWords[standing],
    terminalLine(path),
  ]);
  const table =
    rows.length === 0
      ? "Nothing here says how an agent works."
      : textTable(["KIND", "NAME", "FROM", "STANDING", "FILE"], rows);
  const asked = items.filter(isAsked).length;
  const waits =
    asked === 0
      ? []
      : [
          `${plural(asked, "of them waits", "of them wait")} for your answer: “rein project show” shows all of it, “rein project allow” and “rein project refuse” answer.`,
        ];
  const notes =
    memory.proposed === 0 ? [] : [`${plural(memory.proposed, "note")} proposed: “rein memory”.`];
  const wrong = [...problems, ...servers.problems].map(terminalLine);
  return `${[table, ...wrong, ...waits, ...notes].join("\n")}\n`;
}

const isAsked = ({ standing }: ProjectItem) => standing === "asked";

async function show(call: Call, names: string[]): Promise<number> {
  const { items } = await look(call);
  const wanted = names.length === 0 ? items.filter(isAsked) : namedIn(items, names);
  await writeOutput(
    wanted.length === 0 ? "Nothing waits for an answer.\n" : wanted.map(wholeWords).join("\n"),
  );
  return 0;
}

function namedIn(items: readonly ProjectItem[], names: readonly string[]): ProjectItem[] {
  return names.flatMap((name) => {
    const found = items.filter((one) => one.names.includes(name));
    if (found.length > 0) return found;
    throw new CommandFailed(
      `Nothing here is named “${terminalLine(name)}”. “rein project” lists what there is.`,
    );
  });
}

async function answer(call: Call, names: string[], said: "allow" | "refuse"): Promise<number> {
  if (call.has("any-change") && said === "refuse")
    throw new UsageError("--any-change is for allow alone.");
  const { rein, view, items } = await look(call);
  const ofProject = items.filter(({ isOfProject }) => isOfProject);
  const wanted = names.length === 0 ? items.filter(isAsked) : namedIn(ofProject, names);
  if (wanted.length === 0) {
    await writeOutput("Nothing waits for an answer.\n");
    return 0;
  }
  if (said === "allow" && !(await isAllowed(call, wanted))) {
    await writeOutput("Nothing was allowed.\n");
    return 0;
  }
  const definitions = wanted.flatMap((one) => ("definition" in one ? [one.definition] : []));
  const answers = definitions.map(answerOf(said, call.has("any-change")));
  if (answers.length > 0) await rein.answerProject({ cwd: view.cwd, answers }, signal());
  for (const one of wanted)
    if ("server" in one) {
      const { name, digest } = one.server;
      await rein.answerMcp({ cwd: view.cwd, name, digest, answer: said }, signal());
    }
  const done = said === "allow" ? "Allowed" : "Refused";
  await writeOutput(
    wanted.map(({ kind, name }) => `${done} ${kind} ${terminalLine(name)}\n`).join(""),
  );
  return 0;
}

function answerOf(said: "allow" | "refuse", anyChange: boolean) {
  return ({ kind, name, digest }: Definition) => ({
    kind,
    name,
    digest,
    answer: said,
    ...(anyChange && kind === "instructions" && { anyChange: true as const }),
  });
}

/** Shows all of it and asks, where a person is there to see it. */
async function isAllowed(call: Call, wanted: readonly ProjectItem[]): Promise<boolean> {
  if (call.has("yes") || !process.stdin.isTTY || !process.stdout.isTTY) return true;
  await writeOutput(`${wanted.map(wholeWords).join("\n")}\n`);
  const say = () => void process.stderr.write("Allow it as shown? y/n: ");
  const key = await askKey(say, "yn", new AbortController().signal);
  process.stderr.write("\n");
  return typeof key === "object" && key.key === "y";
}
