/** A skill: a folder with a SKILL.md and whatever that speaks of. What was answered is the whole folder. */
import { join } from "node:path";
import { defined } from "../../shared/defined";
import type { DefinitionOrigin } from "../../shared/protocol";
import { builtInCommands } from "../../shared/built-in-commands";
import { Directory } from "../files/directory";
import { realPath } from "../files/real-path";
import { digestOf } from "../trust/digest";
import { firstLine } from "./command-file";
import { commandLines, maxCommandLines } from "./command-lines";
import type { ActingSkill, ReadDefinition } from "./definition-types";
import { readFrontMatter, unusedNote } from "./front-matter";
import type { Place } from "./places";
import { entriesOf, isText, maxFileBytes, type Reading } from "./reading";
import { textField } from "./shown-text";

const namePattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const maxFiles = 200;
/** Folders among them. */
const maxEntries = 2 * maxFiles;
const maxFolderBytes = 5_000_000;
const maxDepth = 8;

/** It cannot be used, and the message says why as a clause. */
class SkillError extends Error {}

interface SkillWish {
  /** At most so many. */
  limit: number;
  /** By the path of its SKILL.md; of another nothing else is read, and its digest is "". */
  isWanted: (path: string) => boolean;
  take: (skill: ReadDefinition<ActingSkill>) => void;
}

/** In the order of their names, each once it is read. Throws only the signal's reason. */
export async function findSkills(
  place: Place,
  { limit, isWanted, take }: SkillWish,
  reading: Reading,
): Promise<void> {
  using directory = await reading.openPlace(place);
  if (directory === undefined) return;
  let count = 0;
  for (const entry of await reading.entries(directory, place)) {
    if (entry.name.startsWith(".") || !(entry.isDirectory() || entry.isSymbolicLink())) continue;
    const shown = `${place.shown}/${entry.name}`;
    if (count >= limit) {
      reading.leaveOut(shown, `there are more than ${limit} before it.`);
      break;
    }
    try {
      const path = join(place.path, entry.name);
      const folder = place.origin === "person" ? await realPath(path, reading.signal) : path;
      using inner =
        place.origin === "person"
          ? await Directory.open(folder, reading.signal)
          : await directory.directory(entry.name, reading.signal);
      const at = { name: entry.name, shown, folder, origin: place.origin };
      take(await readSkill(inner, at, isWanted, reading));
      count++;
    } catch (error) {
      if (error instanceof SkillError) reading.leaveOut(shown, error.message);
      else reading.leaveOutFor(shown, error);
    }
  }
}

interface Folder {
  name: string;
  shown: string;
  folder: string;
  origin: DefinitionOrigin;
}

async function readSkill(
  directory: Directory,
  { name, shown, folder, origin }: Folder,
  isWanted: SkillWish["isWanted"],
  reading: Reading,
): Promise<ReadDefinition<ActingSkill>> {
  const { text, isCut } = await reading.content(directory, "SKILL.md", maxFileBytes);
  if (isCut) throw new SkillError("its SKILL.md is longer than 64 kB.");
  if (!namePattern.test(name) || name.length > 64)
    throw new SkillError(
      "its name is none of a skill: small letters and digits, with “-” between them.",
    );
  if (builtInCommands.has(name)) throw new SkillError(`/${name} is a command of Rein itself.`);
  const path = `${shown}/SKILL.md`;
  const isWhole = isWanted(path);
  const all: InFolder = { files: [], entries: 0, bytes: 0 };
  if (isWhole) await readFolder(directory, [], all, reading);
  const { files } = all;
  const matter = readFrontMatter(text);
  const { fields, body } = matter;
  const runs = commandLines(body).map(({ command }) => command);
  if (runs.length > maxCommandLines)
    throw new SkillError(`more than ${maxCommandLines} lines of it run.`);
  const notes = [...matter.notes, ...unusedNote(matter, ["hooks", "context", "agent", "model"])];
  if (fields.has("allowed-tools"))
    notes.push("What it says of allowed tools allows nothing: what its scripts do is asked about.");
  const shared = {
    name,
    origin,
    path,
    digest: isWhole ? digestOf({ kind: "skill", text, files }) : "",
    description: textField(fields, "description") ?? firstLine(body),
    notes,
    runs,
    ...defined({ argumentHint: textField(fields, "argument-hint") }),
  };
  return {
    shown: {
      ...shared,
      kind: "skill",
      text,
      grants: [],
      files: files.map(({ path, bytes }) => ({ path, bytes })),
    },
    use: {
      ...shared,
      text: body,
      folder,
      files,
      isForModel: !isYes(textField(fields, "disable-model-invocation")),
      isForPerson: !isNo(textField(fields, "user-invocable")),
    },
  };
}

interface InFolder {
  files: ActingSkill["files"];
  /** Files and folders. */
  entries: number;
  bytes: number;
}

/** All but its SKILL.md, in the order of their paths. A link, or too much, makes it unusable: what it is could not be answered. */
async function readFolder(
  directory: Directory,
  above: string[],
  all: InFolder,
  reading: Reading,
): Promise<void> {
  const left = maxEntries - all.entries;
  const { entries, isCut } = await entriesOf(directory, left, reading.signal);
  if (isCut) throw new SkillError(`its folder has more than ${maxEntries} files and folders.`);
  all.entries += entries.length;
  for (const entry of entries) {
    const names = [...above, entry.name];
    const path = names.join("/");
    if (path === "SKILL.md") continue;
    if (!isText(entry.name)) throw new SkillError("a name in its folder is no text in UTF-8.");
    if (entry.isSymbolicLink()) throw new SkillError("there is a link in its folder.");
    if (entry.isDirectory()) {
      if (names.length > maxDepth) throw new SkillError("its folder is too deep.");
      using inner = await directory.directory(entry.name, reading.signal);
      await readFolder(inner, names, all, reading);
      continue;
    }
    if (all.files.length >= maxFiles)
      throw new SkillError(`its folder has more than ${maxFiles} files.`);
    const room = maxFolderBytes - all.bytes;
    const { bytes, sha256, isCut } = await reading.fingerprint(directory, entry.name, room);
    if (isCut) throw new SkillError("its folder has more than 5 MB.");
    all.files.push({ path, bytes, sha256 });
    all.bytes += bytes;
  }
}

function isYes(text: string | undefined): boolean {
  return /^(?:true|yes|on|1)$/i.test(text ?? "");
}

function isNo(text: string | undefined): boolean {
  return /^(?:false|no|off|0)$/i.test(text ?? "");
}
