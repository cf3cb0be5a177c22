/** The Markdown files of a place, each read by handle. */
import { join } from "node:path";
import { Directory } from "../files/directory";
import { realPath } from "../files/real-path";
import type { ReadFile } from "./command-file";
import type { Place } from "./places";
import { isText, maxFileBytes, type Reading } from "./reading";

const maxDepth = 4;

/** Calls back with at most `limit` of them, in the order of their names, each once it is read. Throws only the signal's reason. */
export async function findFiles(
  place: Place,
  limit: number,
  found: (file: ReadFile) => void,
  reading: Reading,
): Promise<void> {
  using directory = await reading.openPlace(place);
  if (directory !== undefined)
    await walk({ place, limit, count: 0, reading, found }, directory, []);
}

interface Walk {
  place: Place;
  limit: number;
  /** Of those that were read. */
  count: number;
  reading: Reading;
  found: (file: ReadFile) => void;
}

async function walk(at: Walk, directory: Directory, above: string[]): Promise<void> {
  const { place, reading, limit } = at;
  const shownOf = (name: string) => [place.shown, ...above, name].join("/");
  for (const entry of await reading.entries(directory, place)) {
    const { name } = entry;
    if (name.startsWith(".")) continue;
    const shown = shownOf(name);
    const isMarkdown = /\.md$/i.test(name);
    if (isMarkdown && !isText(name)) {
      reading.leaveOut(shown, "its name is no text in UTF-8.");
      continue;
    }
    try {
      if (isMarkdown && !entry.isDirectory()) {
        if (at.count >= limit) {
          reading.leaveOut(shown, `there are more than ${limit} before it.`);
          return;
        }
        await read(at, directory, [...above, name], shown);
      } else if (entry.isDirectory() || (entry.isSymbolicLink() && !isMarkdown)) {
        if (above.length + 1 >= maxDepth) reading.leaveOut(shown, "it is too deep.");
        else {
          using inner = await openInner(at, directory, [...above, name]);
          await walk(at, inner, [...above, name]);
        }
      }
    } catch (error) {
      reading.leaveOutFor(shown, error);
    }
  }
}

/** A person's links are followed: they lead to what the person has put there. */
async function openInner(
  { place, reading: { signal } }: Walk,
  directory: Directory,
  names: string[],
): Promise<Directory> {
  if (place.origin === "project") return await directory.directory(names.at(-1)!, signal);
  return await Directory.open(await realPath(join(place.path, ...names), signal), signal);
}

async function read(at: Walk, directory: Directory, names: string[], shown: string): Promise<void> {
  const { place, reading, found } = at;
  const { origin } = place;
  const follows = origin === "person" ? join(place.path, ...names) : undefined;
  const content = await reading.content(directory, names.at(-1)!, maxFileBytes, follows);
  at.count++;
  if (content.isCut) reading.leaveOut(shown, "it is longer than 64 kB.");
  else found({ origin, path: shown, name: names.join("/"), text: content.text });
}
