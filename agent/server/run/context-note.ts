/** The context note, sent to the model with the next message: what a stop ended, what was finished, what was undone. */
import { branchRuns, lastSaid, parentOf, placesOf, runsBeside, tipOf } from "../../shared/branches";
import { doubtOf } from "../../shared/proof-words";
import type {
  Changes,
  EngineGives,
  Receipt,
  ReceiptToolCall,
  Run,
  Session,
} from "../../shared/protocol";
import { inWords, quotationRule } from "../../shared/quotation";
import { isOpen, stepLine } from "../../shared/shown-steps";
import { truncate } from "../../shared/truncate";
import { lostNote } from "./cut-turn";

/**
 * Undefined when the last run ended by itself, nothing was undone since and nothing of the to-do list is open: then the
 * conversation holds everything. An
 * attempt that is tried again is not part of the conversation: then the note says what it left behind, and repeats its note.
 * `keeps`: what the session's engine still has of a turn that was interrupted.
 */
export function contextNote(
  session: Session,
  retryOf?: string,
  keeps: EngineGives["keeps"] = keepsNothing,
): string | undefined {
  if (session.engine !== undefined) return engineNote(session, retryOf !== undefined, keeps);
  const { runs } = session;
  const parent = retryOf === undefined ? tipOf(session) : parentOf(session, retryOf);
  // What stood in this place first was told what was beside it then.
  const first = retryOf && runs.find(({ id }) => id === placesOf(session, retryOf)[0]);
  const beside = runsBeside(session, parent).filter((run) => !first || isSince(runs, run, first));
  const path = parent === undefined ? new Set() : branchRuns(session, parent);
  const last = first || runs.findLast(({ id, sumsUp }) => path.has(id) && !sumsUp);
  if (last === undefined) return undefined;
  // Of runs beside the branch too: an earlier note has told of them.
  const undone = runs.filter((run) => !beside.includes(run)).flatMap((run) => undoNote(run, last));
  const isAgain = retryOf !== undefined && retryOf === lastSaid(session)?.runId;
  const sentences = [
    ...(retryOf === undefined ? stopNote(last) : []),
    ...besideNote(beside, isAgain),
    ...undone,
  ];
  const own = [
    ...(sentences.length === 0 ? [] : [`[${sentences.join(" ")}]`]),
    ...todoNote(session),
  ];
  const toldFirst = first && session.messages.find(({ runId }) => runId === first.id)?.note;
  const all = toldFirst ? [toldFirst, ...own] : own;
  return all.length === 0 ? undefined : all.join("\n\n");
}

function isSince(runs: Run[], run: Run, first: Run): boolean {
  return runs.indexOf(run) >= runs.indexOf(first);
}

/** While something of the list is to do. */
function todoNote({ todo }: Session): string[] {
  if (todo === undefined || !todo.entries.some(isOpen)) return [];
  const lines = todo.entries.map((entry) => stepLine({ ...entry, text: inWords(entry.text) }));
  return [`[Your to-do list, as it is now:\n${lines.join("\n")}]`];
}

/**
 * An engine keeps the conversation for itself: it also has the attempt that is tried again, and may have lost what a stop
 * has cut. Its own mark of a stop can be wrong, so this says what lives.
 */
function engineNote(
  session: Session,
  isRetry: boolean,
  keeps: EngineGives["keeps"],
): string | undefined {
  const last = session.runs.findLast(({ sumsUp }) => !sumsUp);
  if (last === undefined) return undefined;
  const lost = lostNote(session, last, keeps);
  const sentences = [
    ...(isRetry ? ["The user wants this tried again; you may still see the earlier attempt."] : []),
    ...(!isRetry && session.tip !== undefined
      ? ["The user has gone back to an earlier attempt; you may still see the later one."]
      : []),
    ...stopNote(last, true),
    ...session.runs.flatMap((run) => undoNote(run, last)),
    ...(lost.length > 0 ? [quotationRule] : []),
  ];
  return sentences.length === 0 ? undefined : [`[${sentences.join(" ")}]`, ...lost].join("\n\n");
}

/** The text without what its note quotes of a turn that was cut: for an engine that is told all of that anyway. */
export function withoutQuotations(text: string, note: string | undefined): string {
  if (note === undefined || !text.startsWith(note)) return text;
  const [sentences = ""] = note.split("\n\n", 1);
  return `${sentences.replace(` ${quotationRule}`, "")}${text.slice(note.length)}`;
}

/** Of an engine that is not known: then everything is repeated. */
const keepsNothing: EngineGives["keeps"] = { message: false, text: false, output: false };

/** What runs left behind that the model cannot see. `isAgain`: the last of them is tried again. */
function besideNote(runs: Run[], isAgain: boolean): string[] {
  const left = runs.flatMap((run) => {
    const { receipt, changes } = run;
    if (receipt === undefined) return [];
    const isUndone = changes?.undoneAt !== undefined;
    const which = isUndone ? beyondFiles : changing;
    return [
      ...callsNote("It finished", receipt, "done", which),
      ...callsNote("It left unfinished", receipt, "stopped", which),
      ...processesNote(receipt),
      ...(isUndone ? [] : filesNote("Files it had changed", changes)),
    ];
  });
  if (left.length === 0) return [];
  const why = isAgain
    ? "The user wants this tried again; the earlier attempt is not shown to you."
    : "The user has gone back to this place of the conversation; what was said after it is not shown to you.";
  return [why, ...left];
}

function stopNote({ stop, receipt, changes }: Run, hasEngine = false): string[] {
  if (stop === undefined || receipt === undefined) return [];
  const by = stop.by === "user" ? "by the user" : `(${stop.by})`;
  const at = hasEngine ? ` at ${new Date(stop.askedAt).toISOString()}` : "";
  // What waits for an answer has not begun.
  const when = receipt.stop?.point === "approval" ? "while the user was asked about" : "during";
  const during = receipt.during === undefined ? "" : ` ${when} ${inWords(receipt.during)}`;
  return [
    `The previous run was stopped ${by}${at}${during}.`,
    ...callsNote("Ended unfinished", receipt, "stopped"),
    ...callsNote("Finished before that", receipt, "done"),
    ...callsNote("Never started", receipt, "never-started"),
    ...processesNote(receipt),
    ...(hasEngine ? endedNote(receipt) : []),
    ...(changes?.undoneAt === undefined ? filesNote("Files it had changed", changes) : []),
  ];
}

function callsNote(
  label: string,
  { toolCalls, subagents }: Receipt,
  outcome: ReceiptToolCall["outcome"],
  which = changing,
): string[] {
  const calls = toolCalls.filter((call) => {
    if (call.outcome !== outcome) return false;
    // An engine sends subagents out by tools of any kind.
    return which.has(call.kind ?? call.name) || subagents.some(({ id }) => id === call.id);
  });
  return listed(
    label,
    calls.map(({ name, subject }) => `${name} ${subject}`),
  );
}

/** Of these an undo restores only the files: tools of Rein's by name, those of engines by kind. */
const beyondFiles = new Set(["bash", "subagent", "execute", "fetch", "other"]);
/** Calls of others only read. */
const changing = new Set([...beyondFiles, "write", "edit", "apply_patch", "delete", "move"]);

/** Which processes live, and how sure it is that no others do. */
function processesNote(receipt: Receipt): string[] {
  const { processes, survivors, proof, unreached, engine, kept = [] } = receipt;
  const count = processes.length + (engine?.processes.length ?? 0);
  const isUnproven =
    unreached !== undefined || proof === "unseen" || (proof === "seen" && count > 0);
  return [
    ...listed("Could not be killed and may still run", named(survivors)),
    ...listed("Left running, pinned by the user", named(kept)),
    ...(isUnproven ? [`Not proven that its processes are dead: ${doubtOf(receipt)}`] : []),
  ];
}

/** What an engine's own mark of a stop does not say, or denies. */
function endedNote({ processes, survivors, proof, kept = [] }: Receipt): string[] {
  const isOver = proof === "proven" && survivors.length + kept.length === 0;
  return [
    ...listed("Processes that were ended", named(processes)),
    ...(isOver ? ["Nothing started in that run is running any more."] : []),
  ];
}

function named(all: { pid: number; command: string }[]): string[] {
  return all.map(({ pid, command }) => `${pid} ${command}`);
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
  const shown = names.slice(0, maxListed).map((name) => inWords(truncate(name, maxLength)));
  const more = count > shown.length ? ` and ${count - shown.length} more` : "";
  return [`${label}: ${shown.join(", ")}${more}.`];
}
