/** Describes what a start found to be missing: what, since when, where the copy is, and what to do. */
import type { Missing } from "./seal-file";

const causes: Record<Missing["cause"], string> = {
  database: "its file was not there",
  wal: "its file ending in -wal was not there, or an older copy was put in its place",
  older: "its file ending in -wal was cut or damaged, or an older copy was put in its place",
};

/** What is missing in the database, in words a person can act on. */
export function describeMissing(all: Missing[]): string {
  const found = all.map(({ cause, sealedAt, sessions, titles, messages, copy }) => {
    const since = new Date(sealedAt).toISOString().slice(0, 16).replace("T", " ");
    const named = titles.map((title) => `“${title}”`).join(", ");
    const counted = [
      `${plural(sessions, "conversation")}${named && ` (${named})`}`,
      `about ${plural(messages, "message")}`,
    ].join(" and ");
    const lost = sessions + messages > 0 ? counted : "the last changes";
    return `The database lacks what was saved until ${since} UTC: ${causes[cause]}. Missing, as far as known: ${lost}. The files as they were found are in ${copy}.`;
  });
  return `${found.join(" ")} If you have the missing file, stop Rein, put it back together with those files, and start again. If you put an older copy in place yourself, nothing is wrong. Confirm this, and it is not said again.`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
