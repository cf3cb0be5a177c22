/** The copies of the database that were kept before its schema was changed: the way back to an earlier Rein. */
import { Database } from "bun:sqlite";
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { plural } from "../../shared/plural";

interface EarlierCopy {
  path: string;
  version: number;
  /** When it was made (milliseconds since the epoch). */
  at: number;
}

export function copyPath(path: string, version: number): string {
  return `${path}.v${version}-backup`;
}

/**
 * How to go back from a newer database to what this Rein reads, and what is then only in the newer one; undefined where no
 * copy was kept that it can read.
 */
export function wayBack(path: string, newest: number): string | undefined {
  const copy = copiesOf(path)
    .filter(({ version }) => version <= newest)
    .toSorted((a, b) => b.version - a.version)[0];
  if (copy === undefined) return undefined;
  const when = new Date(copy.at).toISOString().slice(0, 16).replace("T", " ");
  const changed = changedSince(path, copy.at);
  const lost =
    changed === undefined
      ? "what came after that"
      : `what came after that, in ${plural(changed, "session")},`;
  return (
    `To go back instead: a copy of version ${copy.version} was kept when it was upgraded, at ${when} UTC. “rein restore ${copy.path} --replace --data-dir ${dirname(path)}” puts it in place; ` +
    `${lost} is then only in the newer database, which is kept.`
  );
}

function copiesOf(path: string): EarlierCopy[] {
  const start = `${basename(path)}.v`;
  return readdirSync(dirname(path)).flatMap((name) => {
    const version = /^(\d{1,6})-backup$/.exec(
      name.startsWith(start) ? name.slice(start.length) : "",
    );
    if (version === null) return [];
    const copy = join(dirname(path), name);
    return [{ path: copy, version: Number(version[1]), at: statSync(copy).mtimeMs }];
  });
}

/** Undefined where the newer Rein has other tables. */
function changedSince(path: string, at: number): number | undefined {
  try {
    using database = new Database(path, { readonly: true, strict: true });
    const count = database.query<{ count: number }, [number]>(
      "SELECT COUNT(*) AS count FROM sessions WHERE updated_at > ?",
    );
    return count.get(at)!.count;
  } catch {
    return undefined; // no such column, or not readable now
  }
}
