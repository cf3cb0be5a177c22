/** Finds a file that a message of the session names, by its name or by the beginning of its hash: no path on the disk. */
import { truncate } from "../../../shared/truncate";
import type { FileRef } from "../../../shared/protocol";
import { visibleName } from "../../../shared/visible-text";
import { type FileKeeper, ToolError } from "../tool";

const prefix = "attachment:";
const maxNamed = 20;

/** What follows `attachment:` in a path; undefined when it is a path. */
export function attachmentName(path: string): string | undefined {
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}

/** Throws ToolError when no file is called so, when several are, or when its content is gone; the signal's reason. */
export async function readAttached(
  keeper: FileKeeper,
  name: string,
  signal: AbortSignal,
): Promise<{ file: FileRef; bytes: Buffer }> {
  const files = [...new Map(keeper.attached().map((file) => [file.hash, file])).values()];
  // It was told what can be seen of a name.
  const named = files.filter((file) => file.name === name || visibleName(file.name) === name);
  const isHash = /^[0-9a-f]{8,64}$/.test(name);
  const found =
    named.length > 0 ? named : files.filter(({ hash }) => isHash && hash.startsWith(name));
  const [file, another] = found;
  if (file === undefined) throw new ToolError(unknownWords(name, files));
  if (another !== undefined) {
    const hashes = found.map(({ hash }) => `${prefix}${hash.slice(0, 16)}`).join(", ");
    throw new ToolError(`Several attached files are called so. Read one of: ${hashes}.`);
  }
  const bytes = await keeper.read(file.hash, signal);
  if (bytes === undefined)
    throw new ToolError(`The attached file “${visibleName(file.name)}” is gone.`);
  return { file, bytes };
}

function unknownWords(name: string, files: FileRef[]): string {
  const asked = `No attached file is called “${truncate(name, 200)}”.`;
  if (files.length === 0) return `${asked} No message of this session has any.`;
  const names = files.slice(-maxNamed).map((file) => visibleName(file.name));
  return `${asked} Attached are: ${names.join(", ")}${files.length > maxNamed ? ", …" : ""}.`;
}
