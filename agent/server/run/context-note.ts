/** The context note, sent to the model with the next message: what a stop ended, what was finished, what was undone. */
import { attemptsSince } from "../../shared/attempts";
import { doubts } from "../../shared/proof-words";
import type { Changes, Receipt, Run, Session } from "../../shared/protocol";

/**
 * Undefined when the last run ended by itself and nothing was undone since: then the conversation holds everything. An
 * attempt that is tried again is not part of the conversation: then the note says what it left behind, and repeats its note.
 */
export function contextNote(session: Session, retryOf?: string): string | undefined {
  const attempts = retryOf === undefined ? [] : attemptsSince(session, retryOf);
  const before = session.runs.slice(0, session.runs.length - attempts.length);
  const last = attempts[0] ?? before.findLast(({ sumsUp }) => !sumsUp);
  if (last === undefined) return undefined;
  const undone = before.flatMap((run) => undoNote(run, last));
  const sentences = [...(attempts.length > 0 ? attemptsNote(attempts) : stopNote(last)), ...undone];
  const own = sentences.length === 0 ? [] : [`[${sentences.join(" ")}]`];
  const first = session.messages.find(({ runId, note }) => runId === attempts[0]?.id && note);
  return first?.note === undefined ? own[0] : [first.note, ...own].join("\n\n");
}

/** What attempts left behind that the model cannot see. */
function attemptsNote(attempts: Run[]): string[] {
  const left = attempts.flatMap((run) => {
    const { receipt, changes } = run;
    if (receipt === undefined) return [];
    const isUndone = changes?.undoneAt !== undefined;
    const names = isUndone ? beyondFiles : changing;
    return [
      ...callsNote("It finished", receipt, "done", names),
      ...callsNote("It left unfinished", receipt, "stopped", names),
      ...processesNote(receipt),
      ...(isUndone ? [] : filesNote("Files it had changed", changes)),
    ];
  });
  if (left.length === 0) return [];
  return ["The user wants this tried again; the earlier attempt is not shown to you.", ...left];
}

function stopNote({ stop, receipt, changes }: Run): string[] {
  if (stop === undefined || receipt === undefined) return [];
  const by = stop.by === "user" ? "by the user" : `(${stop.by})`;
  const during = receipt.during === undefined ? "" : ` during ${receipt.during}`;
  return [
    `The previous run was stopped ${by}${during}.`,
    ...callsNote("Ended unfinished", receipt, "stopped"),
    ...callsNote("Finished before that", receipt, "done"),
    ...callsNote("Never started", receipt, "never-started"),
    ...processesNote(receipt),
    ...(changes?.undoneAt === undefined ? filesNote("Files it had changed", changes) : []),
  ];
}

function callsNote(
  label: string,
  { toolCalls }: Receipt,
  outcome: Receipt["toolCalls"][number]["outcome"],
  names = changing,
): string[] {
  const calls = toolCalls.filter((call) => call.outcome === outcome && names.has(call.name));
  return listed(
    label,
    calls.map(({ name, subject }) => `${name} ${subject}`),
  );
}

/** Calls of other tools only read. */
const changing = new Set(["bash", "write", "edit", "subagent"]);
/** Of these an undo restores only the files. */
const beyondFiles = new Set(["bash", "subagent"]);

/** Which processes live, and how sure it is that no others do. */
function processesNote({ processes, survivors, proof, kept = [] }: Receipt): string[] {
  const named = (all: Receipt["processes"]) => all.map(({ pid, command }) => `${pid} ${command}`);
  const isUnproven = proof === "unseen" || (proof === "seen" && processes.length > 0);
  return [
    ...listed("Could not be killed and may still run", named(survivors)),
    ...listed("Left running, pinned by the user", named(kept)),
    ...(isUnproven ? [`Not proven that its processes are dead: ${doubts[proof]}`] : []),
  ];
}

/** What a person has undone or redone since the last run began. */
function undoNote({ id, changes }: Run, last: Run): string[] {
  const which = id === last.id ? "the previous run" : "an earlier run";
  if (changes?.undoneAt !== undefined && changes.undoneAt > last.startedAt)
    return filesNote(`The user has since undone what ${which} changed. Restored`, changes);
  if (changes?.redoneAt !== undefined && changes.redoneAt > last.startedAt)
    return filesNote(`The user has brought back what ${which} changed`, changes);
  return [];
}

function filesNote(label: string, changes: Changes | undefined): string[] {
  const names = changes?.files.map(({ path }) => path) ?? [];
  return listed(label, names, changes?.count);
}

const maxListed = 6;
const maxLength = 80;

function listed(label: string, names: string[], count = names.length): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, maxListed).map((name) => name.slice(0, maxLength));
  const more = count > shown.length ? ` and ${count - shown.length} more` : "";
  return [`${label}: ${shown.join(", ")}${more}.`];
}
