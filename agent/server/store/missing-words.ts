/** Describes what a start found to be missing: what, since when, where the copy is, and what to do. */
import { plural } from "../../shared/plural";
import type { Missing } from "./seal-file";

const causes: Record<Missing["cause"], string> = {
  database: "its file was not there",
  wal: "its -wal file was not there",
  older: "its -wal file was cut or damaged",
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
  return `${found.join(" ")} If you have the missing file, stop Rein, put it back together with those, and start again. If you put an older copy there yourself, all is well. Confirm this, and it is not said again.`;
}
