/** Files as they are listed: those of one folder together, under its name. */

export interface FileGroup<One> {
  /** With a slash at the end; undefined for a file of its own. */
  folder: string | undefined;
  files: One[];
}

/** In the order in which they come, a folder at the place of its first file. */
export function groupFiles<One extends { name: string }>(files: readonly One[]): FileGroup<One>[] {
  const groups: FileGroup<One>[] = [];
  const folders = new Map<string, FileGroup<One>>();
  for (const file of files) {
    const folder = folderOf(file.name);
    const known = folder === undefined ? undefined : folders.get(folder);
    if (known !== undefined) known.files.push(file);
    else {
      const group = { folder, files: [file] };
      groups.push(group);
      if (folder !== undefined) folders.set(folder, group);
    }
  }
  return groups;
}

/** "src/" of "src/a/b.ts"; undefined for a name that is no relative path. */
export function folderOf(name: string): string | undefined {
  const slash = name.indexOf("/");
  return slash > 0 && slash < name.length - 1 ? name.slice(0, slash + 1) : undefined;
}
