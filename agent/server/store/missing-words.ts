/** Describes what a start found to be missing: what, since when, where the copy is, and what to do. */
import { plural } from "../../shared/plural";
import type { Missing } from "./seal-file";

const causes: Record<Missing["cause"], string> = {
  database: "its file was not there",
  wal: "its -wal file was not there",
  older: "its -wal file was cut or damaged",
};

const remedies: Record<Missing["cause"], string> = {
  database: "If you have the missing file",
  wal: "If you have the missing file",
  older: "If you have an undamaged copy of the -wal file",
};

/** What is missing in the database, in words a person can act on. */
export function describeMissing(all: Missing[]): string {
  const found = all.map(({ cause, sealedAt, sessions, titles, messages, copy }) => {
    const since = new Date(sealedAt).toISOString().slice(0, 16).replace("T", " ");
    const named = titles.map((title) => `“${title}”`).join(", ");
    const counted = [
      sessions > 0 && `${plural(sessions, "conversation")}${named && ` (${named})`}`,
      messages > 0 && `about ${plural(messages, "message")}`,
    ].filter(Boolean);
    const lost = counted.length > 0 ? counted.join(" and ") : "the last changes";
    return `The database lacks what was saved up to ${since} UTC, as far as known ${lost}: ${causes[cause]}, or an older copy was put in its place. The files as they were found are in ${copy}.`;
  });
  // Of several, the last found is the one that can still be mended.
  const remedy = remedies[all.at(-1)?.cause ?? "database"];
  return `${found.join(" ")} ${remedy}, stop Rein, put it there together with those files, and start Rein again. If you put an older copy there yourself, nothing is wrong. Confirm, and this is not shown again.`;
}
