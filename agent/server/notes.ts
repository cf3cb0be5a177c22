/** What the model is told with the next message, in one line: what a stop ended, what had happened, what was taken back. */
import type { Changes, Receipt, Run, Session } from "../shared/protocol";

/** Undefined when the last run ended by itself and nothing was undone since: then the conversation says it all. */
export function noteFor({ runs }: Session): string | undefined {
  const last = runs.at(-1);
  if (last === undefined) return undefined;
  const turned = runs.flatMap((run) => turnNote(run, last));
  const sentences = [...stopNote(last), ...turned];
  return sentences.length === 0 ? undefined : `[${sentences.join(" ")}]`;
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
): string[] {
  const calls = toolCalls.filter((call) => call.outcome === outcome && changing.has(call.name));
  return listed(
    words,
    calls.map(({ name, subject }) => `${name} ${subject}`),
  );
}

/** Calls that only read leave nothing to be repeated or denied. */
const changing = new Set(["bash", "write", "edit", "subagent"]);

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
