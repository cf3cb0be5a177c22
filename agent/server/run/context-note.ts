/** What the model is told with the next message, in one line: what a stop ended, what had happened, what was taken back. */
import { attemptsSince } from "../../shared/attempts";
import type { Changes, Receipt, Run, Session } from "../../shared/protocol";

/**
 * Undefined when the last run ended by itself and nothing was undone since: then the conversation says it all. Of a run
 * that is tried again it says nothing, so the note says what that has left behind, and what was to be told then.
 */
export function contextNote(session: Session, retryOf?: string): string | undefined {
  const attempts = retryOf === undefined ? [] : attemptsSince(session, retryOf);
  const before = session.runs.slice(0, session.runs.length - attempts.length);
  const last = attempts[0] ?? before.findLast(({ sumsUp }) => !sumsUp);
  if (last === undefined) return undefined;
  const turned = before.flatMap((run) => turnNote(run, last));
  const sentences = [...(attempts.length > 0 ? leftNote(attempts) : stopNote(last)), ...turned];
  const own = sentences.length === 0 ? [] : [`[${sentences.join(" ")}]`];
  const told = session.messages.find(({ runId, note }) => runId === attempts[0]?.id && note)?.note;
  return told === undefined ? own[0] : [told, ...own].join("\n\n");
}

/** What attempts have left behind that the model is not told. */
function leftNote(attempts: Run[]): string[] {
  const left = attempts.flatMap((run) => {
    const { receipt, changes } = run;
    if (receipt === undefined) return [];
    const isUndone = changes?.undoneAt !== undefined;
    const names = isUndone ? beyondFiles : changing;
    return [
      ...callsNote("It finished", receipt, "done", names),
      ...callsNote("It left unfinished", receipt, "stopped", names),
      ...survivorsNote(receipt),
      ...(isUndone ? [] : filesNote("Files it had changed", changes)),
    ];
  });
  if (left.length === 0) return [];
  return ["The user has this tried again; an attempt before is not shown to you.", ...left];
}

function stopNote({ stop, receipt, changes }: Run): string[] {
  if (stop === undefined || receipt === undefined) return [];
  const by = stop.by === "user" ? "by the user" : `(${stop.by})`;
  const during = receipt.during === undefined ? "" : ` during ${receipt.during}`;
  return [
    `The run before was stopped ${by}${during}.`,
    ...callsNote("Ended unfinished", receipt, "stopped"),
    ...callsNote("Finished before that", receipt, "done"),
    ...callsNote("Never started", receipt, "never-started"),
    ...survivorsNote(receipt),
    ...(changes?.undoneAt === undefined ? filesNote("Files it had changed", changes) : []),
  ];
}

function callsNote(
  words: string,
  { toolCalls }: Receipt,
  outcome: Receipt["toolCalls"][number]["outcome"],
  names = changing,
): string[] {
  const calls = toolCalls.filter((call) => call.outcome === outcome && names.has(call.name));
  return listed(
    words,
    calls.map(({ name, subject }) => `${name} ${subject}`),
  );
}

/** Calls that only read leave nothing to be repeated or denied. */
const changing = new Set(["bash", "write", "edit", "subagent"]);
/** Of these an undo takes only the files back. */
const beyondFiles = new Set(["bash", "subagent"]);

function survivorsNote({ survivors }: Receipt): string[] {
  const names = survivors.map(({ pid, command }) => `${pid} ${command}`);
  return listed("Could not be ended and may still run", names);
}

/** What a person has undone, or done again, since the last run began. */
function turnNote({ id, changes }: Run, last: Run): string[] {
  const which = id === last.id ? "the run before" : "an earlier run";
  if (changes?.undoneAt !== undefined && changes.undoneAt > last.startedAt)
    return filesNote(`The user has since undone what ${which} changed; as before it are`, changes);
  if (changes?.redoneAt !== undefined && changes.redoneAt > last.startedAt)
    return filesNote(`The user has brought back what ${which} changed`, changes);
  return [];
}

function filesNote(words: string, changes: Changes | undefined): string[] {
  const names = changes?.files.map(({ path }) => path) ?? [];
  return listed(words, names, changes?.count);
}

const maxListed = 6;
const maxLength = 80;

function listed(words: string, names: string[], count = names.length): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, maxListed).map((name) => name.slice(0, maxLength));
  const more = count > shown.length ? ` and ${count - shown.length} more` : "";
  return [`${words}: ${shown.join(", ")}${more}.`];
}
