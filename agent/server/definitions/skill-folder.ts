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
import { entriesOf, maxFileBytes, type Reading } from "./reading";
import { textField } from "./shown-text";

const namePattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const maxFiles = 200;
/** Of one directory in it. */
const maxEntries = 2 * maxFiles;
const maxFolderBytes = 5_000_000;
const maxDepth = 8;

/** It cannot be used, and the message says why as a clause. */
class SkillError extends Error {}

/** At most `limit`, in the order of their names. Throws only the signal's reason. */
export async function findSkills(
  place: Place,
  limit: number,
  reading: Reading,
): Promise<ReadDefinition<ActingSkill>[]> {
  using directory = await reading.openPlace(place);
  if (directory === undefined) return [];
  const found: ReadDefinition<ActingSkill>[] = [];
  for (const entry of await reading.entries(directory, place.shown)) {
    if (entry.name.startsWith(".") || !(entry.isDirectory() || entry.isSymbolicLink())) continue;
    const shown = `${place.shown}/${entry.name}`;
    if (found.length >= limit) {
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
      found.push(
        await readSkill(inner, { name: entry.name, shown, folder, origin: place.origin }, reading),
      );
    } catch (error) {
      if (error instanceof SkillError) reading.leaveOut(shown, error.message);
      else reading.leaveOutFor(shown, error);
    }
  }
  return found;
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
  reading: Reading,
): Promise<ReadDefinition<ActingSkill>> {
  const { text, isCut } = await reading.content(directory, "SKILL.md", maxFileBytes);
  if (isCut) throw new SkillError("its SKILL.md is longer than 64 kB.");
  if (!namePattern.test(name) || name.length > 64)
    throw new SkillError(
      "its name is none of a skill: small letters and digits, with “-” between them.",
    );
  if (builtInCommands.has(name)) throw new SkillError(`/${name} is a command of Rein itself.`);
  const files: ActingSkill["files"] = [];
  await readFolder(directory, [], files, reading);
  const matter = readFrontMatter(text);
  const { fields, body } = matter;
  const runs = commandLines(body).map(({ command }) => command);
  if (runs.length > maxCommandLines)
    throw new SkillError(`more than ${maxCommandLines} lines of it run.`);
  const notes = [...matter.notes, ...unusedNote(matter, ["hooks", "context", "agent", "model"])];
  if (fields.has("allowed-tools"))
    notes.push("What it says of allowed tools allows nothing: what its scripts do is asked about.");
  const path = `${shown}/SKILL.md`;
  const shared = {
    name,
    origin,
    path,
    digest: digestOf({ kind: "skill", text, files }),
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

/** All but its SKILL.md, in the order of their paths. A link, or too much, makes it unusable: what it is could not be answered. */
async function readFolder(
  directory: Directory,
  above: string[],
  files: ActingSkill["files"],
  reading: Reading,
): Promise<void> {
  const { entries, isCut } = await entriesOf(directory, maxEntries, reading.signal);
  if (isCut) throw new SkillError(`its folder has more than ${maxFiles} files.`);
  for (const entry of entries) {
    const names = [...above, entry.name];
    const path = names.join("/");
    if (path === "SKILL.md") continue;
    if (entry.isSymbolicLink()) throw new SkillError("there is a link in its folder.");
    if (entry.isDirectory()) {
      if (names.length > maxDepth) throw new SkillError("its folder is too deep.");
      using inner = await directory.directory(entry.name, reading.signal);
      await readFolder(inner, names, files, reading);
      continue;
    }
    if (files.length >= maxFiles)
      throw new SkillError(`its folder has more than ${maxFiles} files.`);
    const left = maxFolderBytes - files.reduce((sum, { bytes }) => sum + bytes, 0);
    const { bytes, sha256, isCut } = await reading.content(directory, entry.name, left);
    if (isCut) throw new SkillError("its folder has more than 5 MB.");
    files.push({ path, bytes, sha256 });
  }
}

function isYes(text: string | undefined): boolean {
  return /^(?:true|yes|on|1)$/i.test(text ?? "");
}

function isNo(text: string | undefined): boolean {
  return /^(?:false|no|off|0)$/i.test(text ?? "");
}
