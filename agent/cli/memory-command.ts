/** `rein memory`: the notes about the project of this directory, which models are told once a person has kept them. */
import { proposalWords } from "../client/state/memory-words";
import type { MemoryAnswer, MemoryLine } from "../shared/protocol";
import { terminalLine } from "../shared/terminal-safe";
import { type Actions, runAction, usageOf } from "./command-actions";
import { chosenRow, shortId } from "./chosen-row";
import { answerMs, type Call, type Command } from "./command";
import type { Connection } from "./connect";
import { exactLine } from "./exact-text";
import { jsonLine, writeOutput } from "./standard-output";
import { textTable } from "./text-table";

const actions: Actions = [
  ["list", { usage: "[--json]", least: 0, most: 0, run: list }],
  ["add", { usage: "TEXT", least: 1, run: add }],
  ["keep", { usage: "ID [OTHER TEXT]", least: 1, run: keep }],
  ["edit", { usage: "ID TEXT", least: 2, run: edit }],
  ["remove", { usage: "ID", least: 1, most: 1, run: remove }],
];

export const memoryCommand: Command = {
  name: "memory",
  summary: "List the notes about this project; keep, edit and remove them",
  usage: usageOf(actions),
  positionals: 1001,
  options: { json: { type: "boolean", help: "Print JSON in the place of a table" } },
  run: (call) => runAction("rein memory", actions, call),
};

const signal = () => AbortSignal.timeout(answerMs);
const directoryOf = (call: Call) => (call.isRemote ? undefined : process.cwd());
const place = { noun: "note", list: "rein memory" };

interface Notes extends MemoryAnswer {
  rein: Connection["rein"];
  cwd: { cwd?: string };
}

async function look(call: Call): Promise<Notes> {
  const { rein } = await call.connect("terminal");
  const cwd = directoryOf(call);
  const answer = await rein.memory(cwd, signal());
  return { rein, cwd: cwd === undefined ? {} : { cwd }, ...answer };
}

async function list(call: Call): Promise<number> {
  const { root, lines } = await look(call);
  await writeOutput(call.has("json") ? jsonLine({ root, lines }) : listWords(lines));
  return 0;
}

function listWords(lines: readonly MemoryLine[]): string {
  if (lines.length === 0)
    return "There are no notes about this project. “rein memory add TEXT” adds one.\n";
  const rows = lines.map((line) => [
    shortId(line.id),
    line.state === "kept" ? "kept" : proposalWords(line).toLowerCase(),
    line.by,
    exactLine(aboutOf(line, lines)),
  ]);
  const waits = lines.some(({ state }) => state === "proposed")
    ? "What a model proposes counts once you have kept it: “rein memory keep ID”; “rein memory remove ID” refuses it.\n"
    : "";
  return `${textTable(["ID", "STATE", "BY", "TEXT"], rows)}\n${waits}`;
}

/** With the text that it would replace or remove. */
function aboutOf({ text, replaces, removes }: MemoryLine, lines: readonly MemoryLine[]): string {
  const about = lines.find(({ id }) => id === (replaces ?? removes))?.text;
  if (about === undefined) return text;
  return removes === undefined ? `${text} (in the place of: ${about})` : about;
}

async function add(call: Call, words: string[]): Promise<number> {
  const { rein, cwd } = await look(call);
  await rein.addNote({ ...cwd, text: words.join(" ") }, signal());
  await writeOutput("Kept.\n");
  return 0;
}

async function keep(call: Call, [id = "", ...words]: string[]): Promise<number> {
  const { rein, cwd, lines } = await look(call);
  const found = chosenRow(lines, id, place);
  const text = words.length === 0 ? {} : { text: words.join(" ") };
  await rein.changeNote(found.id, { ...cwd, state: "kept", ...text }, signal());
  await writeOutput(found.removes === undefined ? "Kept.\n" : "Removed, as it was proposed.\n");
  return 0;
}

async function edit(call: Call, [id = "", ...words]: string[]): Promise<number> {
  const { rein, cwd, lines } = await look(call);
  await rein.changeNote(
    chosenRow(lines, id, place).id,
    { ...cwd, text: words.join(" ") },
    signal(),
  );
  await writeOutput("Changed.\n");
  return 0;
}

async function remove(call: Call, [id = ""]: string[]): Promise<number> {
  const { rein, cwd, lines } = await look(call);
  const found = chosenRow(lines, id, place);
  await rein.removeNote(found.id, cwd.cwd, signal());
  const done = found.state === "kept" ? "Removed" : "Refused";
  await writeOutput(`${done}: ${terminalLine(found.text)}\n`);
  return 0;
}
