/** The files of dropped or chosen folders: bounded, and without what is hidden or made by programs. */
import { tn } from "../../shared/translation";
import type { BroughtFile } from "../state/attached-files";

export interface FolderFiles {
  files: BroughtFile[];
  /** What was left out, each in a few words. */
  leftOut: string[];
}

/** Folders of what programs have fetched or made. */
const heavyFolders = new Set([
  "node_modules",
  "bower_components",
  "vendor",
  "target",
  "dist",
  "build",
  "out",
  "coverage",
  "venv",
  "__pycache__",
]);

/** Files and folders that are looked at: a home directory that was dropped must not hold up the page. */
const mostEntries = 5000;

class FolderReading {
  readonly files: BroughtFile[] = [];
  readonly #folders = new Set<string>();
  #hidden = 0;
  #seen = 0;
  #isFull = false;

  constructor(
    readonly room: number,
    readonly mostSeen: number,
  ) {}

  /** Whether there is an end to it: as many files as a message takes, or too much to look at. */
  isOver(): boolean {
    return this.#isFull || this.#seen >= this.mostSeen;
  }

  /** Whether a file or folder within a folder is looked into. */
  takes(name: string, isFolder: boolean): boolean {
    this.#seen++;
    const isHidden = name.startsWith(".");
    if (isFolder && (isHidden || heavyFolders.has(name))) this.#folders.add(name);
    else if (isHidden) this.#hidden++;
    else return true;
    return false;
  }

  add(name: string, content: Blob): void {
    if (this.files.length < this.room) this.files.push({ name, content });
    else this.#isFull = true;
  }

  result(): FolderFiles {
    const leftOut = [...this.#folders].slice(0, 5);
    if (this.#folders.size > 5)
      leftOut.push(
        tn(this.#folders.size - 5, "{count} more such folders", "{count} more such folders"),
      );
    if (this.#hidden > 0) leftOut.push(tn(this.#hidden, "a hidden file", "{count} hidden files"));
    if (this.isOver())
      leftOut.push(
        tn(
          this.files.length,
          "what comes after the first {count} files",
          "what comes after the first {count} files",
        ),
      );
    return { files: this.files, leftOut };
  }
}

/** `room`: the most files. Throws a DOMException for what cannot be read. */
export async function readEntries(
  entries: readonly FileSystemEntry[],
  room: number,
): Promise<FolderFiles> {
  const reading = new FolderReading(room, mostEntries);
  for (const entry of entries) await read(entry, entry.name, reading);
  return reading.result();
}

async function read(entry: FileSystemEntry, path: string, reading: FolderReading): Promise<void> {
  if (reading.isOver()) return;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return reading.add(path, file);
  }
  if (!isFolder(entry)) return;
  const reader = entry.createReader();
  for (;;) {
    // A browser gives about a hundred at a time.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return;
    for (const one of some.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (reading.isOver()) return;
      if (reading.takes(one.name, one.isDirectory)) await read(one, `${path}/${one.name}`, reading);
    }
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** The same of a folder that was chosen in a dialog: the browser has listed all of it. */
export function filterChosen(chosen: Iterable<File>, room: number): FolderFiles {
  const reading = new FolderReading(room, Infinity);
  for (const file of chosen) {
    const path = file.webkitRelativePath || file.name;
    const [, ...names] = path.split("/");
    const isTaken = names.every((name, at) => reading.takes(name, at < names.length - 1));
    if (isTaken) reading.add(path, file);
    if (reading.isOver()) break;
  }
  return reading.result();
}
