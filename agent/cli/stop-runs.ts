/** `rein stop`. */
import { unsharedWords } from "../client/state/receipt-words";
import type { Rein } from "../sdk/create-rein";
import { plural } from "../shared/plural";
import type { SessionSummary, StopAnswer, UnreachedNode } from "../shared/protocol";
import { terminalLine, terminalText } from "../shared/terminal-safe";
import { isCallersDirectory } from "./called-from";
import { findSession, listSessions } from "./choose-session";
import { type Call, UsageError } from "./command";
import { sessionRows } from "./list-sessions";
import { stoppedLines } from "./run-lines";
import { jsonLine, writeOutput } from "./standard-output";

/** A stop settles within the time that its processes get, and some more. */
const stopMs = 60_000;

/** Resolves with 0 also when nothing ran; with 1 when a machine of the cluster was not reached. */
export async function stopRuns(call: Call): Promise<number> {
  const [id] = call.positionals;
  if (id !== undefined && call.has("all")) throw new UsageError("Name one session, or --all.");
  const connection = await call.find("terminal");
  if (connection === undefined) return tell(call, [], ["No server runs, so nothing does."]);
  const { rein } = connection;
  const isHard = call.has("hard");
  if (call.has("all")) return stopAll(call, rein, isHard);
  const session = id === undefined ? await onlyRunning(rein) : await findSession(rein, id);
  if (session === undefined) return tell(call, [], ["Nothing is running."]);
  const answer = await stopOne(rein, session, isHard);
  return tell(call, [answer], answerLines(answer, session));
}

async function stopAll(call: Call, rein: Rein, isHard: boolean): Promise<number> {
  const running = (await listSessions(rein)).filter(({ runId }) => runId !== undefined);
  // The stop of everything is a polite one: each run that is named so gets none of that time.
  const hard = await Promise.allSettled(
    isHard ? running.map((one) => stopOne(rein, one, true)) : [],
  );
  const { answers, processes, unreached } = await rein.stopEverything(AbortSignal.timeout(stopMs));
  const all = [...hard.flatMap((one) => ("value" in one ? [one.value] : [])), ...answers];
  const background =
    processes > 0
      ? [`${plural(processes, "background process", "background processes")} ended`]
      : [];
  const lines = [...all.flatMap((answer) => answerLines(answer)), ...background];
  if (unreached === undefined)
    return tell(call, all, lines.length > 0 ? lines : ["Nothing is running."]);
  await tell(call, all, lines.length > 0 ? lines : ["Nothing else was running."], unreached);
  for (const { node, reason } of unreached)
    process.stderr.write(
      `rein: Machine ${terminalLine(node)} was not reached: what runs there may go on. ${terminalLine(reason)}\n`,
    );
  return 1;
}

function stopOne(rein: Rein, { id, runId }: SessionSummary, hard: boolean): Promise<StopAnswer> {
  const named = { ...(runId !== undefined && { runId }), ...(hard && { hard }) };
  return rein.stopSession(id, named, AbortSignal.timeout(stopMs));
}

/** Undefined when nothing runs. Throws UsageError when it is not clear which is meant. */
async function onlyRunning(rein: Rein): Promise<SessionSummary | undefined> {
  const running = (await listSessions(rein)).filter(({ runId }) => runId !== undefined);
  if (running.length <= 1) return running[0];
  const here = running.filter(({ cwd }) => isCallersDirectory(cwd));
  if (here.length === 1) return here[0];
  throw new UsageError(
    `Several sessions are running. Name one, or stop --all:\n${sessionRows(running)}`,
  );
}

function answerLines(answer: StopAnswer, session?: SessionSummary): string[] {
  const title = session === undefined ? "" : `“${terminalLine(session.title)}”: `;
  if (!answer.stopped) return [`${title}${terminalText(answer.message)}`];
  const unshared = answer.unshared ? [unsharedWords()] : [];
  if (answer.receipt === null) return [`${title}Stopped`, ...unshared];
  const [first = "", ...survivors] = stoppedLines(answer.receipt);
  return [title + first, ...survivors, ...unshared];
}

async function tell(
  call: Call,
  answers: StopAnswer[],
  lines: string[],
  unreached?: UnreachedNode[],
): Promise<number> {
  const json = { answers, ...(unreached && { unreached }) };
  await writeOutput(call.has("json") ? jsonLine(json) : `${lines.join("\n")}\n`);
  return 0;
}
