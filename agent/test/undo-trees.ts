/** Directory trees of the undo sequences: made and changed by seeded operations, and compared byte by byte. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { makeSpecial } from "../server/undo/special-file";
import type { SeededRandom } from "./seeded-random";

/** By name as latin1: what it is, its mode, and a digest of its bytes or where it leads. Not what is in a `.git`. */
export type Tree = Map<string, string>;

export function treeIn(directory: string): Tree {
  const tree: Tree = new Map();
  const walk = (name: string): void => {
    const path = at(directory, name);
    tree.set(name, describe(path));
    if (lstatSync(path).isDirectory())
      for (const entry of entriesIn(directory, name)) if (!isGit(entry)) walk(entry);
  };
  walk("");
  return tree;
}

/**
 * Every difference. A directory that would not be there holds what is ignored, or a git directory, which no undo touches: it
 * may stay.
 */
export function differences(directory: string, expected: Tree): string[] {
  const found = treeIn(directory);
  const names = new Set([...expected.keys(), ...found.keys()].filter((name) => !isIgnored(name)));
  const holds = new Set<string>();
  for (const name of found.keys())
    if (isIgnored(name) || readGit(directory, name))
      for (const one of withParents(name)) holds.add(one);
  return [...names].flatMap((name) => {
    const [want, have] = [expected.get(name), found.get(name)];
    if (want === have || (want === undefined && holds.has(name))) return [];
    return [`${JSON.stringify(name)}: ${have ?? "nothing"} instead of ${want ?? "nothing"}`];
  });
}

/** As the rules say that stand in every tree before the run. */
function isIgnored(name: string): boolean {
  const parts = name.split("/");
  return parts.some((one) => one.endsWith(".log")) || parts[0] === "ignored";
}

export function makeTree(directory: string, random: SeededRandom): void {
  chmodSync(directory, 0o755);
  writeFileSync(`${directory}/.gitignore`, "*.log\n/ignored/\n");
  mkdirSync(`${directory}/ignored`);
  writeFileSync(`${directory}/ignored/precious`, "precious");
  if (random.chance(0.3)) makeRepository(directory, "");
  for (let count = random.below(25) + 5; count > 0; count--)
    tolerate(() => random.pick(making)(directory, random));
}

/** What a run does. */
export function changeTree(directory: string, random: SeededRandom): void {
  const count = random.below(20) + 1;
  for (let one = 0; one < count; one++)
    tolerate(() => random.pick(random.chance(0.5) ? making : changing)(directory, random));
}

type Act = (directory: string, random: SeededRandom) => void;

const making: Act[] = [
  (directory, random) => write(newPath(directory, random), content(random)),
  (directory, random) => write(newPath(directory, random), content(random)),
  (directory, random) => {
    const path = newPath(directory, random);
    write(path, content(random));
    if (lstatSync(path).isFile()) chmodSync(path, random.pick(fileModes));
  },
  (directory, random) => mkdirSync(newPath(directory, random)),
  (directory, random) => {
    const path = newPath(directory, random);
    mkdirSync(path);
    chmodSync(path, random.pick(directoryModes));
  },
  (directory, random) =>
    void mkdirSync(Buffer.concat([newPath(directory, random), Buffer.from("/deep/er")]), {
      recursive: true,
    }),
  (directory, random) =>
    symlinkSync(random.pick(["a", "..", "/etc/hostname", "nowhere\n"]), newPath(directory, random)),
  (directory, random) => linkSync(anyOf(directory, random, "file"), newPath(directory, random)),
  (directory, random) => special(directory, random, constants.S_IFIFO, 0),
  (directory, random) => special(directory, random, constants.S_IFSOCK, 0),
  (directory, random) => special(directory, random, constants.S_IFCHR, 0x103),
];

const changing: Act[] = [
  (directory, random) => write(anyOf(directory, random, "file"), content(random)),
  (directory, random) => write(anyOf(directory, random, "file"), content(random), { flag: "a" }),
  (directory, random) => write(anyOf(directory, random, "file"), ""),
  (directory, random) => rmSync(anyOf(directory, random, "file")),
  (directory, random) => rmSync(anyOf(directory, random), { recursive: true, force: true }),
  (directory, random) => rmdirSync(anyOf(directory, random, "directory")),
  (directory, random) => chmodSync(anyOf(directory, random, "file"), random.pick(fileModes)),
  (directory, random) =>
    chmodSync(anyOf(directory, random, "directory"), random.pick(directoryModes)),
  (directory, random) => chmodSync(directory, random.pick(directoryModes)),
  (directory, random) => renameSync(anyOf(directory, random), newPath(directory, random)),
  (directory, random) => renameSync(anyOf(directory, random), anyOf(directory, random)),
  // A file takes the place of a directory, and the other way round.
  (directory, random) => {
    const path = anyOf(directory, random);
    rmSync(path, { recursive: true, force: true });
    if (random.chance(0.5)) mkdirSync(path);
    else write(path, content(random));
  },
  (directory, random) => writeRules(directory, random),
  (directory, random) => writeRules(directory, random),
  (directory, random) =>
    makeRepository(directory, nameOf(directory, anyOf(directory, random, "directory"))),
  (directory, random) => write(`${directory}/ignored/precious`, content(random)),
  (directory, random) => write(`${directory}/new-${random.below(3)}.log`, content(random)),
];

/** Rules that hide what the run makes, or no longer hide what was ignored. */
function writeRules(directory: string, random: SeededRandom): void {
  const folder = random.chance(0.6)
    ? Buffer.from(directory)
    : anyOf(directory, random, "directory");
  const rules = random.pick(["*\n", "a*\nb/\n", "", "!*.log\n!/ignored/\n", "/new*\n*\n!x\n"]);
  write(Buffer.concat([folder, Buffer.from("/.gitignore")]), rules);
}

/** As much of one as makes a repository. */
function makeRepository(directory: string, name: string): void {
  const git = Buffer.concat([at(directory, name), Buffer.from("/.git")]);
  mkdirSync(Buffer.concat([git, Buffer.from("/info")]), { recursive: true });
  write(Buffer.concat([git, Buffer.from("/HEAD")]), "ref: refs/heads/main\n");
}

function special(directory: string, random: SeededRandom, type: number, device: number): void {
  const path = newPath(directory, random);
  makeSpecial(path, { kind: "special", blob: `${type}:${device}`, mode: 0 });
  chmodSync(path, random.pick([0o600, 0o644, 0o777]));
}

const names = [
  "a",
  "ab",
  "b",
  "x",
  "new 1",
  "a\nb",
  'q"t',
  "\xff\xfe",
  "\xc3\xa9",
  ":m",
  "-rf",
  "*",
  "x.log",
];
const fileModes = [0o644, 0o755, 0o600, 0o444, 0o4755, 0o2755, 0o666];
const directoryModes = [0o755, 0o700, 0o555, 0o500, 0o1777, 0o2755];

function newPath(directory: string, random: SeededRandom): Buffer {
  const folder = random.chance(0.5)
    ? Buffer.from(directory)
    : anyOf(directory, random, "directory");
  return Buffer.concat([folder, Buffer.from("/"), Buffer.from(random.pick(names), "latin1")]);
}

/** An entry of the tree, not the root, and not what is ignored. Throws when there is none. */
function anyOf(directory: string, random: SeededRandom, kind?: "file" | "directory"): Buffer {
  const tree = [...treeIn(directory)].filter(
    ([name, text]) =>
      name !== "" && !isIgnored(name) && (kind === undefined || text.startsWith(`${kind} `)),
  );
  if (tree.length === 0) throw new Error("there is none");
  return at(directory, random.pick(tree)[0]);
}

function content(random: SeededRandom): Buffer {
  return Buffer.from(`${random.below(1e9)}\n`.repeat(random.below(40)), "latin1");
}

/** Only where there is nothing or a file: to open a FIFO, also through a link, would wait for ever. */
function write(path: string | Buffer, text: string | Buffer, options?: { flag: string }): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isFile()) writeFileSync(path, text, options);
}

/** An operation that this tree does not allow. */
function tolerate(act: () => void): void {
  try {
    act();
  } catch {
    // The next one.
  }
}

/** For the owner of a directory that forbids it, it is opened for this moment. */
function entriesIn(directory: string, name: string): string[] {
  const path = at(directory, name);
  const { mode } = lstatSync(path);
  const isClosed = process.getuid?.() !== 0 && (mode & 0o500) !== 0o500;
  if (isClosed) chmodSync(path, 0o700);
  const entries = readdirSync(path, { encoding: "buffer" }).map((one) => one.toString("latin1"));
  if (isClosed) chmodSync(path, mode & 0o7777);
  return entries.map((one) => (name === "" ? one : `${name}/${one}`));
}

function describe(path: Buffer): string {
  const stats = lstatSync(path);
  const mode = (stats.mode & 0o7777).toString(8);
  if (stats.isSymbolicLink()) return `link to ${readlinkSync(path, "latin1")}`;
  if (stats.isDirectory()) return `directory ${mode}`;
  if (!stats.isFile()) return `special ${(stats.mode & constants.S_IFMT).toString(8)} ${mode}`;
  return `file ${mode} ${createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16)}`;
}

function at(directory: string, name: string): Buffer {
  if (name === "") return Buffer.from(directory);
  return Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name, "latin1")]);
}

function nameOf(directory: string, path: Buffer): string {
  return path.subarray(directory.length + 1).toString("latin1");
}

function isGit(name: string): boolean {
  return name === ".git" || name.endsWith("/.git");
}

function readGit(directory: string, name: string): boolean {
  const isDirectory = lstatSync(at(directory, name)).isDirectory();
  return isDirectory && entriesIn(directory, name).some(isGit);
}

function withParents(name: string): string[] {
  const parts = name.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}
