/** `rein -p`: the answer alone, as text, as one JSON object, or as the session's events. */
import type { Rein } from "../sdk/create-rein";
import { apply } from "../shared/apply";
import { defined } from "../shared/defined";
import { textOf } from "../shared/message-parts";
import type { ErrorInfo, Outcome, Receipt, Run, Session, Usage } from "../shared/protocol";
import type { Changes } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import { terminalText } from "../shared/terminal-safe";
import { type Face, type FollowedRun, followRun } from "./follow-run";
import { exitCodeOf } from "./exit-code";
import { askNobody } from "./person-asked";
import { sayBrought } from "./project-note";
import { endLines, RunLines } from "./run-lines";
import { jsonLine, outputText, writeOutput } from "./standard-output";

export type AnswerForm = "text" | "json" | "stream-json";

/** What `--json` prints. Of a run that a stop reached before it began only the outcome is known. */
export interface JsonAnswer {
  sessionId?: string;
  runId?: string;
  outcome: Outcome;
  /** The last message of the answer that has text; what a stop left of it, too. */
  text: string;
  usage?: Usage;
  /** Absent for a run that failed before it did anything. */
  receipt?: Receipt;
  changes?: Changes;
  error?: ErrorInfo;
}

const sayError = (words: string) => {
  process.stderr.write(`${terminalText(words)}\n`);
};

/** Resolves with the exit code. Throws as `followRun` does. */
export async function printAnswer(
  rein: Rein,
  request: ChatRequest,
  form: AnswerForm,
  isVerbose: boolean,
): Promise<number> {
  const lines = new RunLines({
    write: (text) => void process.stderr.write(text),
    showsText: false,
  });
  const face: Face = {
    async show(event, session) {
      if (form === "stream-json") await writeOutput(jsonLine(event));
      if (isVerbose) lines.show(event, session);
    },
    ...askNobody(sayError),
    say: sayError,
  };
  const followed = await followRun(rein, request, face);
  if (form === "text") await writeOutput(outputText(withLineEnd(answerText(followed))));
  if (form === "json") await writeOutput(jsonLine(await jsonAnswer(rein, followed)));
  for (const line of endLines(followed.run)) sayError(line);
  await sayBrought(rein, followed.session.cwd || undefined, sayError);
  return exitCodeOf(followed.run);
}

function answerText({ session, run }: FollowedRun): string {
  return (
    session.messages
      .filter(({ role, runId }) => role === "assistant" && runId === run?.id)
      .map((message) => textOf(message).trim())
      .findLast((text) => text !== "") ?? ""
  );
}

function withLineEnd(text: string): string {
  return text === "" ? "" : `${text}\n`;
}

async function jsonAnswer(rein: Rein, { session, run }: FollowedRun): Promise<JsonAnswer> {
  if (run === undefined) return { outcome: "stopped", text: "" };
  await waitForChanges(rein, session, run);
  const { id: runId, outcome = "failed", usage, receipt, changes, error } = run;
  const text = answerText({ session, run });
  return defined({ sessionId: session.id, runId, outcome, text, usage, receipt, changes, error });
}

/** They can be known a moment after the run has ended; what the run changed is not worth a failure of the answer. */
const changesMs = 30_000;

async function waitForChanges(rein: Rein, session: Session, run: Run): Promise<void> {
  const isPending = () => run.changes?.state === "pending";
  if (!isPending()) return;
  const waited = new AbortController();
  const signal = AbortSignal.any([waited.signal, AbortSignal.timeout(changesMs)]);
  try {
    for await (const event of rein.events(session.id, session.seq, signal)) {
      apply(session, event);
      if (!isPending()) waited.abort();
    }
  } catch (error) {
    if (!waited.signal.aborted)
      sayError(`The files that the run changed are not known yet: ${String(error)}`);
  }
}
