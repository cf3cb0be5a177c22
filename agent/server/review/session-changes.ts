/** What the runs of a session have changed that still stands: by the records of the undo, against the files now. */
import { Directory } from "../files/directory";
import type { Jobs } from "../processes/jobs";
import type { FileState } from "../undo/git/tree-diff";
import type { FirstStates } from "../undo/undo";
import { inRoom, maxAllBytes, nothing, readSide, type Side } from "./file-side";
import { readBlobs } from "./read-blobs";
import type { FoundSides } from "./tree-changes";

/** Names that are looked at. */
const maxNames = 1000;

/** `cwd`: absolute and without links. Throws as `lookWithGit` does. */
export async function readSessionSides(
  jobs: Jobs,
  cwd: string,
  { files, unseen, objects }: FirstStates,
  signal: AbortSignal,
): Promise<FoundSides> {
  const names = [...files.keys()].toSorted();
  const taken = names.slice(0, maxNames);
  const ids = taken.flatMap((name) => {
    const state = files.get(name);
    return state?.kind === "file" || state?.kind === "link" ? [state.blob] : [];
  });
  const blobs = await readBlobs(jobs, { ...objects, isOwn: true }, ids, signal);
  using root = await Directory.open(cwd, signal);
  const sides: FoundSides["sides"] = [];
  const room = { bytes: maxAllBytes };
  for (const name of taken) {
    const now = inRoom(await readSide(root, name, signal), room);
    const before = sideOf(files.get(name), blobs);
    const isOfDirectories = [now, before].every(
      ({ kind }) => kind === "none" || kind === "directory",
    );
    if (!isOfDirectories) sides.push({ name, before, now });
  }
  return { sides, left: names.length - taken.length, unseen };
}

function sideOf(state: FileState | undefined, blobs: Map<string, Buffer | undefined>): Side {
  if (state === undefined) return nothing;
  const { kind, blob, mode } = state;
  if (kind === "directory") return { kind };
  if (kind === "special") return { kind: "other", stamp: blob };
  const bytes = blobs.get(blob);
  const content = bytes === undefined ? { stamp: blob } : { bytes };
  return kind === "link" ? { kind, ...content } : { kind, mode, ...content };
}
