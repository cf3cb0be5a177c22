/** What a person sees of a run's changes: each file with its diff, and its state now. */
import type { FileView } from "../../shared/protocol";
import { readFileStates } from "./conflict-check";
import { fileChanges } from "./git/tree-diff";
import { readDiffs } from "./git/patches";
import { shown } from "./git/git-path";
import type { RunRecord } from "./undo-records";
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
  const files = fileChanges(record.changes).map((file): FileView => {
    const own = found.filter(({ step: { name } }) => [file.path, file.from].includes(shown(name)));
    const now = own.map((one) => one.found.now);
    const modes = modesOf(record, file.path);
    const diff = diffs.get(file.path);
    return {
      ...file,
      ...(diff !== undefined && { diff }),
      ...(modes && { modes }),
      now: now.includes("changed-since") ? "changed-since" : (now[0] ?? "as-wanted"),
    };
  });
  return limitViews(files);
}

function modesOf({ changes }: RunRecord, path: string): FileView["modes"] {
  const change = changes.find(({ name }) => shown(name) === path);
  if (change?.before?.kind !== "file" || change.after?.kind !== "file") return undefined;
  if (change.before.mode === change.after.mode) return undefined;
  return { before: change.before.mode.toString(8), after: change.after.mode.toString(8) };
}

/** Those that a person must resolveConflicts on are never cut off. */
function limitViews(files: FileView[]): FileView[] {
  const urgent = files.filter(({ now }) => now === "changed-since");
  const others = files.filter(({ now }) => now !== "changed-since");
  return [...urgent, ...others.slice(0, maxViews)].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
