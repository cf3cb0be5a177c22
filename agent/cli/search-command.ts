/** `rein search`: finds words in all sessions. */
import { shortTime } from "../client/state/format";
import type { SearchAnswer } from "../shared/protocol";
import { terminalLine } from "../shared/terminal-safe";
import { ellipsized } from "../shared/truncate";
import { answerMs, type Call, UsageError } from "./command";
import { jsonLine, writeOutput } from "./standard-output";
import { textTable } from "./text-table";

/** The newest ones. */
const limit = 50;

export async function printFound(call: Call): Promise<number> {
  const q = call.positionals.join(" ").trim();
  if (q === "")
    throw new UsageError('Name the words to look for, as in: rein search retry "stop button"');
  const { rein } = await call.connect("terminal");
  const answer = await rein.search({ q, limit }, AbortSignal.timeout(answerMs));
  await writeOutput(call.has("json") ? jsonLine(answer) : `${foundRows(answer)}\n`);
  for (const note of notes(answer)) process.stderr.write(`${note}\n`);
  return 0;
}

function foundRows({ sessions, messages }: SearchAnswer): string {
  const now = Date.now();
  const titles = sessions.map(({ id, updatedAt, title }) => [
    id,
    shortTime(updatedAt, now),
    "title",
    ellipsized(terminalLine(title), 40),
    "",
  ]);
  const said = messages.map(({ sessionId, createdAt, role, title, text }) => [
    sessionId,
    shortTime(createdAt, now),
    role === "user" ? "you" : "model",
    ellipsized(terminalLine(title), 40),
    terminalLine(text),
  ]);
  if (titles.length + said.length === 0) return "Nothing was found.";
  return textTable(["SESSION", "WHEN", "WHO", "TITLE", "TEXT"], [...titles, ...said]);
}

function* notes({ next, left, problem, unreached = [] }: SearchAnswer): Generator<string> {
  if (problem !== undefined) yield problem;
  for (const { node, reason } of unreached)
    yield `The sessions of “${node}” were not looked through: ${reason}`;
  if (left !== undefined) yield `${left} messages are not in the index yet: search again later.`;
  if (next !== undefined) yield `These are the newest ${limit}: more words find fewer.`;
}
