/** What a person sees of a run's changes: each file with its diff, and its state now. */
import { defined } from "../../shared/defined";
import type { FileView } from "../../shared/protocol";
import { readFileStates } from "./conflict-check";
import type { Change } from "./git/tree-diff";
import { readDiffs } from "./git/patches";
import { fileChange, impliedIn, isShown, pathOfStep } from "./shown-changes";
import type { RunRecord } from "./run-record";
import type { Workspace } from "./workspace";

/** Files that are shown with their diffs, at most. */
const maxViews = 500;

/** By path. Throws GitError, or the signal's reason. */
export async function viewFiles(
  workspace: Workspace,
  record: RunRecord,
  signal: AbortSignal,
): Promise<FileView[]> {
  const [found, diffs] = await Promise.all([
    readFileStates(record, signal),
    readDiffs(workspace, record, signal),
  ]);
  const implied = impliedIn(record.changes);
  const shownOnes = record.changes.filter(isShown);
  const files = shownOnes.map((change): FileView => {
    const file = fileChange(change);
    const own = found.filter(({ step }) => [file.path, file.from].includes(pathOfStep(step)));
    const now = own.map((one) => one.found.now);
    return defined({
      ...file,
      diff: diffs.get(file.path),
      modes: modesOf(change),
      now: now.includes("changed-since") ? "changed-since" : (now[0] ?? "as-wanted"),
    });
  });
  // A person decides on what has changed since, whatever it is.
  return limitViews(
    files.filter(({ now }, at) => now === "changed-since" || !implied.has(shownOnes[at]!.name)),
  );
}

function modesOf({ before, after }: Change): FileView["modes"] {
  if (before?.kind !== after?.kind || before?.kind === "link") return undefined;
  if (!before || !after || before.mode === after.mode) return undefined;
  return { before: before.mode.toString(8), after: after.mode.toString(8) };
}

/** Those on which a person must decide are never cut off. */
function limitViews(files: FileView[]): FileView[] {
  const urgent = files.filter(({ now }) => now === "changed-since");
  const others = files.filter(({ now }) => now !== "changed-since");
  return [...urgent, ...others.slice(0, maxViews)].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
