/**
 * Branches: a message that takes the place of an earlier one begins a branch beside it. People see one branch at a time, and
 * the model is sent that one. Nothing is lost: the others can be shown again.
 */
import { defined } from "./defined";
import { filesOf, textOf, toolCallsOf } from "./message-parts";
import type {
  BranchFiles,
  CommandLine,
  FileRef,
  Message,
  MessageLocation,
  Part,
  QueuedMessage,
  Run,
  Session,
} from "./protocol";

type Runs = Pick<Session, "runs">;

/** The run that comes before each in its branch; undefined before the first, and where that is not known here. */
function parentsOf({ runs }: Runs): Map<string, string | undefined> {
  const parents = new Map<string, string | undefined>();
  let before: string | undefined;
  for (const { id, follows } of runs) {
    // One that is damaged costs itself, and not what came before it.
    const isKnown = follows === null || (follows !== undefined && parents.has(follows));
    parents.set(id, isKnown ? (follows ?? undefined) : before);
    before = id;
  }
  return parents;
}

/** The run that comes before this one in its branch; undefined when it is the first. */
export function parentOf(session: Runs, runId: string): string | undefined {
  return parentsOf(session).get(runId);
}

/** The last run of the branch that is shown; undefined in a session without runs. */
export function tipOf({ runs, tip }: Pick<Session, "runs" | "tip">): string | undefined {
  return tip ?? runs.at(-1)?.id;
}

/** The ids of the runs up to this one, which is the last of them, in its branch; by default of the branch that is shown. */
export function branchRuns(
  session: Pick<Session, "runs" | "tip">,
  last = tipOf(session),
): Set<string> {
  const parents = parentsOf(session);
  const path: string[] = [];
  // Each comes before those that name it, so this ends.
  for (let at = last; at !== undefined; at = parents.get(at)) path.push(at);
  return new Set(path.toReversed());
}

/** The messages of the branch that is shown, oldest first: what the model is sent. */
export function branchOf(session: Pick<Session, "runs" | "messages" | "tip">): Message[] {
  const path = branchRuns(session);
  const { messages, runs } = session;
  // Of a session without branches, that is the usual case. A message whose run is damaged stays where it is.
  if (path.size === runs.length) return messages;
  const others = new Set(runs.map(({ id }) => id).filter((id) => !path.has(id)));
  return messages.filter(({ runId }) => !others.has(runId));
}

/**
 * Whether a page has the branch that is shown: its last run with its messages, and before that whatever the page has shown. A
 * page that opened the session with another branch has it not.
 */
export function isBranchHere(session: Session): boolean {
  const { runs, messages, earlier } = session;
  const tip = tipOf(session);
  const last = runs.find(({ id }) => id === tip);
  if (last === undefined) return tip === undefined;
  const known = new Set(runs.map(({ id }) => id));
  const path = branchRuns(session);
  const isCut = runs.some(({ id, follows }) => {
    if (!path.has(id) || follows === undefined) return false;
    return follows === null ? earlier !== undefined : !known.has(follows);
  });
  return !isCut && (last.state !== "settled" || messages.some(({ runId }) => runId === tip));
}

/** The newest end of the branch that goes through this run: where it is shown, it is this one. */
export function endOf(session: Runs, runId: string): string {
  const parents = parentsOf(session);
  const within = new Set([runId]);
  let end = runId;
  for (const { id } of session.runs) {
    const parent = parents.get(id);
    if (parent === undefined || !within.has(parent)) continue;
    within.add(id);
    end = id;
  }
  return end;
}

type Placed = Pick<Session, "runs" | "forks" | "earlier">;

/**
 * The runs that stand in the same place, oldest first, with this one among them: one of them is shown. Of one that nothing
 * has replaced, only itself.
 */
export function placesOf(session: Placed, runId: string): string[] {
  return placesIn(session)(runId);
}

/** As `placesOf`, for many runs of one session. */
export function placesIn(session: Placed): (runId: string) => string[] {
  const parents = parentsOf(session);
  const { runs, forks = [], earlier } = session;
  const known = new Map(forks.flatMap((group) => group.map((id) => [id, group] as const)));
  // A run that only sums up takes nothing's place.
  const placed = runs.filter(({ sumsUp }) => !sumsUp).map(({ id }) => id);
  const groups = Map.groupBy(placed, (id) => parents.get(id));
  return (runId) => {
    const parent = parents.get(runId);
    // What comes before the first messages of a page is not known there, but to `forks`.
    const isCut = parent === undefined && earlier !== undefined;
    const beside = isCut ? [] : (groups.get(parent) ?? []);
    return [...new Set([...(known.get(runId) ?? []), ...beside, runId])];
  };
}

/** The places in which several runs stand, as far as one of them is among `shown`. */
export function forksOf(session: Runs, shown: ReadonlySet<string>): string[][] {
  const parents = parentsOf(session);
  const groups = Map.groupBy(
    session.runs.filter(({ sumsUp }) => !sumsUp),
    ({ id }) => parents.get(id),
  );
  return [...groups.values()]
    .map((group) => group.map(({ id }) => id))
    .filter((group) => group.length > 1 && group.some((id) => shown.has(id)));
}

/**
 * The run that a new one is to name as the one before it: undefined when that is the newest anyway, null when the new one is
 * the first of its branch. `retryOf`: the run whose place it takes.
 */
export function followed(session: Session, retryOf?: string): string | null | undefined {
  const before = retryOf === undefined ? tipOf(session) : parentOf(session, retryOf);
  return before === session.runs.at(-1)?.id ? undefined : (before ?? null);
}

/** The runs since this one that are in no branch of it, oldest first: what they did, the model is not shown there. */
export function runsBeside(session: Session, last: string | undefined): Run[] {
  const path = last === undefined ? new Set() : branchRuns(session, last);
  const from = session.runs.findIndex(({ id }) => id === last) + 1;
  return session.runs.slice(from).filter(({ id }) => !path.has(id));
}

/** What was said and done in a run, or by a subagent of it, and whether that run is in the branch that is shown. */
export function placeOfMessage(session: Session, messageId: string): MessageLocation | undefined {
  for (const { id, runId, parts } of session.messages) {
    const isInAgent = (part: Part) =>
      part.type === "tool-call" && part.subagent?.messages.some((one) => one.id === messageId);
    const agentId = id === messageId ? undefined : parts.find(isInAgent)?.id;
    if (id !== messageId && agentId === undefined) continue;
    return {
      messageId: id,
      runId,
      isShown: branchRuns(session).has(runId),
      ...defined({ agentId }),
    };
  }
  return undefined;
}

/**
 * The files of runs on both sides of the branches: what one offers to undo or redo once another branch is shown than the one
 * that ended with the run `since`. What is in both, or was left before, is as a person wants it.
 */
export function filesOfBranches(session: Session, since: string): BranchFiles {
  const path = branchRuns(session);
  const former = branchRuns(session, since);
  const later = session.runs.slice(session.runs.findIndex(({ id }) => id === since) + 1);
  const shownSince = new Set([...former, ...later.map(({ id }) => id)]);
  const changed = session.runs.filter(
    ({ state, changes }) => state === "settled" && (changes?.count ?? 0) > 0,
  );
  const told = (runs: Run[]) =>
    runs.map(({ id, changes }) => ({ runId: id, count: changes?.count ?? 0 }));
  const isUndone = ({ changes }: Run) => changes?.undoneAt !== undefined;
  return {
    left: told(
      changed
        .filter((run) => shownSince.has(run.id) && !path.has(run.id) && !isUndone(run))
        .toReversed(),
    ),
    undone: told(changed.filter((run) => path.has(run.id) && !former.has(run.id) && isUndone(run))),
  };
}

/** What was said to a run. */
export interface Said extends Pick<QueuedMessage, "command" | "asks"> {
  runId: string;
  text: string;
  files: FileRef[];
}

/** Undefined when nothing was said to it, as when it only summed up, or when it is not in the branch that is shown. */
export function saidTo(session: Session, runId: string): Said | undefined {
  const said = branchOf(session).filter((one) => one.runId === runId && one.role === "user");
  if (said.length === 0) return undefined;
  const text = said.map((message) => textOf(message)).join("\n\n");
  const command = said.find((message) => message.command !== undefined)?.command;
  const lines = said.flatMap(toolCallsOf).map(({ input }) => input as CommandLine);
  const asks = lines.length > 0 ? lines : undefined;
  return { runId, text, files: said.flatMap(filesOf), ...defined({ command, asks }) };
}

/** What was said last; undefined in an empty session. */
export function lastSaid(session: Session): Said | undefined {
  const runId = branchOf(session).findLast(({ role }) => role === "user")?.runId;
  return runId === undefined ? undefined : saidTo(session, runId);
}
