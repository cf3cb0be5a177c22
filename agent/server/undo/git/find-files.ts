/** Finds what a directory holds that is not ignored. It opens directories, ignore rules and indexes, never anything else. */
import { DirectoryWalk } from "./directory-walk";
import { FileSearch, type Known, type Scope } from "./file-search";
import type { Name } from "./git-path";
import { StepBudget } from "./ignore-rules";
import { kernelDirectories } from "./kernel-directories";
import { type Coverage, RuleSide } from "./rule-side";
import { TrackedFiles } from "./tracked-files";
import { UnrecordableError } from "./unrecordable-error";

export interface FoundFiles {
  /** Files and links that are not ignored, or that a repository tracks; those known are not among them. */
  others: Name[];
  /** Those of them that are ignored by now. */
  hidden: Set<Name>;
  /** Known names that are ignored, lead through a link now, or whose directory is gone. */
  lost: Name[];
  /** Directories and special files, each with its `nodeCode`. */
  nodes: Map<Name, number>;
  /** Directories that cannot be read, and names that git refuses to record. */
  leftOut: Name[];
  /** What was ignored then and is not now. */
  doubtful: Name[];
  /** Each `.git` that was not there then, and each that is not there now: what is in them is not recorded. */
  repositories: Repositories;
  coverage: Coverage;
}

export interface Repositories {
  made: Name[];
  gone: Name[];
}

/** Throws UnrecordableError, or the signal's reason. */
export async function findFiles(
  scope: Scope,
  known: Known,
  signal: AbortSignal,
): Promise<FoundFiles> {
  const search = await openSearch(scope, known, signal);
  const walk = new DirectoryWalk(search);
  await walk.run();
  const files = new TrackedFiles(search, walk);
  const added = await files.add();
  const { tracked, lost } = await files.sortKnown();
  const { root, texts: rules } = search.deciding;
  return {
    others: [...search.others],
    hidden: search.hidden,
    lost,
    nodes: search.nodes,
    leftOut: [...search.leftOut],
    doubtful: [...search.doubtful],
    repositories: compareRepositories(search, walk),
    coverage: known.as ?? { root, rules, tracked: [...added, ...tracked] },
  };
}

async function openSearch(scope: Scope, known: Known, signal: AbortSignal): Promise<FileSearch> {
  const { directory, excludes, isOurs } = scope;
  if (isOurs("")) throw new UnrecordableError("it belongs to Rein’s own data");
  const kernel = await kernelDirectories(directory);
  if (kernel.has("")) throw new UnrecordableError("it is not on a disk");
  const open = (kept?: Coverage): Promise<RuleSide> =>
    RuleSide.open(directory, excludes, { budget: new StepBudget(), signal }, kept);
  const now = await open();
  return new FileSearch(scope, known, kernel, now, known.as && (await open(known.as)));
}

function compareRepositories(search: FileSearch, { repositories }: DirectoryWalk): Repositories {
  const were = search.deciding.repositories;
  const made = [...repositories.difference(new Set(were))];
  const gone = were.filter((one) => !repositories.has(one) && !search.isUnseen(one));
  return { made: made.toSorted(), gone: gone.toSorted() };
}
