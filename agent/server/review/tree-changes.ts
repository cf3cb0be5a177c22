/** Which files of a git repository differ from its HEAD: found by git from its index, without reading the content of any. */
import type { ReviewRepository } from "../../shared/protocol";
import { defined } from "../../shared/defined";
import { Directory } from "../files/directory";
import type { Jobs } from "../processes/jobs";
import { type Name, unquote } from "../undo/git/git-path";
import { inRoom, maxAllBytes, nothing, readSide, type Side } from "./file-side";
import { namesOf, type Programs } from "./commit-programs";
import { filteredFiles } from "./filtered-files";
import { findRepository } from "./find-repository";
import { asVariables, withoutFilters } from "./git-variables";
import { lookWithGit, quietEnvironment } from "./look-with-git";
import { readBlobs } from "./read-blobs";

/** Of one name: how it was, and how it is. */
export interface Sides {
  name: Name;
  before: Side;
  now: Side;
  /** Git stores it through a filter: the sides cannot be compared. */
  isFiltered?: boolean;
}

export interface FoundSides {
  sides: Sides[];
  /** So many more were not looked at. */
  left: number;
  unseen: string[];
  repository?: ReviewRepository;
}

/** Names that are looked at: of a copied directory git knows no times, and names every file. */
const maxNames = 20_000;
/** Of those the ones that differ. */
const maxSides = 1000;

/** Below `cwd`, which is absolute and without links. Throws LookError, a system error, or the signal's reason. */
export async function readTreeSides(
  jobs: Jobs,
  cwd: string,
  signal: AbortSignal,
): Promise<FoundSides> {
  const found = await findRepository(jobs, cwd, signal);
  if (typeof found === "string") return { sides: [], left: 0, unseen: [found] };
  // Where the time of a file is not before that of the index, git reads its content, through its filter.
  const filters = asVariables(withoutFilters(found.programs.filters.keys()));
  const env = { ...quietEnvironment, ...filters };
  const look = (args: string[]) => lookWithGit(jobs, { cwd, args, env }, signal);
  const raw = ["--raw", "--no-renames", "--no-abbrev", "--no-ext-diff", "--ignore-submodules=all"];
  const [others, changed] = await Promise.all([
    look(["ls-files", "--others", "--exclude-standard", "--", "."]),
    look(["diff-index", ...raw, "--relative", found.tree, "--", "."]),
  ]);
  const before = new Map([...untracked(others), ...changedIn(changed)]);
  const { branch, head, programs } = found;
  const { sides, left } = await readSides(jobs, { cwd, programs }, before, signal);
  const repository = { ...defined({ branch, head }), runs: namesOf(programs) };
  return { sides, left, unseen: [], repository };
}

interface Recorded {
  mode: string;
  blob: string;
}

function untracked(output: string): [Name, undefined][] {
  const names = output.split("\n").map(unquote);
  // A repository in it is one line that ends in a slash.
  return names
    .filter((name) => name !== "" && !name.endsWith("/"))
    .map((name) => [name, undefined]);
}

/** Lines as `:100644 100755 <blob> <blob> M<tab>name`. Submodules are left out. */
function changedIn(output: string): [Name, Recorded | undefined][] {
  return output.split("\n").flatMap((line): [Name, Recorded | undefined][] => {
    const [facts = "", name = ""] = line.split("\t");
    const [mode = "", newMode, blob = ""] = facts.slice(1).split(" ");
    if (name === "" || mode === "160000" || newMode === "160000") return [];
    return [[unquote(name), mode === "000000" ? undefined : { mode, blob }]];
  });
}

async function readSides(
  jobs: Jobs,
  place: { cwd: string; programs: Programs },
  before: Map<Name, Recorded | undefined>,
  signal: AbortSignal,
): Promise<Pick<FoundSides, "sides" | "left">> {
  const names = [...before.keys()].toSorted();
  const room = { bytes: maxAllBytes };
  const differing: { name: Name; now: Side }[] = [];
  let looked = 0;
  using root = await Directory.open(place.cwd, signal);
  for (const name of names.slice(0, maxNames)) {
    const now = gitMode(await readSide(root, name, signal));
    looked++;
    if (!isSame(now, before.get(name))) differing.push({ name, now: inRoom(now, room) });
    if (differing.length === maxSides) break;
  }
  const recorded = differing.flatMap(({ name }) => before.get(name)?.blob ?? []);
  const blobs = await readBlobs(jobs, { cwd: place.cwd }, recorded, signal);
  const tracked = differing.map(({ name }) => name).filter((name) => before.get(name));
  const filtered = await filteredFiles(jobs, place, tracked, signal);
  const sides = differing.map(({ name, now }): Sides => {
    const was = before.get(name);
    const isFiltered = filtered.has(name);
    return { name, now, before: was ? sideOf(was, blobs) : nothing, isFiltered };
  });
  return { sides, left: names.length - looked };
}

/** By the id that git gives its bytes. */
function isSame({ kind, bytes, mode }: Side, was: Recorded | undefined): boolean {
  if (was === undefined || kind !== "file" || bytes === undefined) return false;
  if (mode !== modeOf(was)) return false;
  const hasher = new Bun.CryptoHasher(was.blob.length === 40 ? "sha1" : "sha256");
  return hasher.update(`blob ${bytes.length}\0`).update(bytes).digest("hex") === was.blob;
}

/** Git knows only whether a file is executable. */
function gitMode(side: Side): Side {
  if (side.mode === undefined) return side;
  return { ...side, mode: side.mode & 0o100 ? 0o755 : 0o644 };
}

function sideOf({ mode, blob }: Recorded, blobs: Map<string, Buffer | undefined>): Side {
  const bytes = blobs.get(blob);
  const content = bytes === undefined ? { stamp: blob } : { bytes };
  if (mode === "120000") return { kind: "link", ...content };
  return { kind: "file", mode: modeOf({ mode }), ...content };
}

function modeOf({ mode }: Pick<Recorded, "mode">): number {
  return mode === "100755" ? 0o755 : 0o644;
}
