/** The Markdown files of a place, each read by handle. */
import { join } from "node:path";
import { Directory } from "../files/directory";
import { realPath } from "../files/real-path";
import type { ReadFile } from "./command-file";
import type { Place } from "./places";
import { maxFileBytes, type Reading } from "./reading";

const maxDepth = 4;

/** At most `limit`, in the order of their names. Throws only the signal's reason. */
export async function findFiles(
  place: Place,
  limit: number,
  reading: Reading,
): Promise<ReadFile[]> {
  using directory = await reading.openPlace(place);
  if (directory === undefined) return [];
  const found: ReadFile[] = [];
  await walk({ place, limit, reading, found }, directory, []);
  return found;
}

interface Walk {
  place: Place;
  limit: number;
  reading: Reading;
  found: ReadFile[];
}

async function walk(at: Walk, directory: Directory, above: string[]): Promise<void> {
  const { place, reading, found, limit } = at;
  const shownOf = (name: string) => [place.shown, ...above, name].join("/");
  for (const entry of await reading.entries(directory, place.shown)) {
    const { name } = entry;
    if (name.startsWith(".")) continue;
    const shown = shownOf(name);
    const isMarkdown = /\.md$/i.test(name);
    try {
      if (isMarkdown && !entry.isDirectory()) {
        if (found.length >= limit) {
          reading.leaveOut(shown, `there are more than ${limit} before it.`);
          return;
        }
        found.push(...(await read(at, directory, [...above, name], shown)));
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

async function read(
  { place, reading }: Walk,
  directory: Directory,
  names: string[],
  shown: string,
): Promise<ReadFile[]> {
  const { origin } = place;
  const follows = origin === "person" ? join(place.path, ...names) : undefined;
  const content = await reading.content(directory, names.at(-1)!, maxFileBytes, follows);
  if (!content.isCut) return [{ origin, path: shown, name: names.join("/"), text: content.text }];
  reading.leaveOut(shown, "it is longer than 64 kB.");
  return [];
}
