/** What each name in a data directory is: of the data, of this machine alone, or made anew. */

/** All data that is one file of JSON. */
export const documents = [
  "settings.json",
  "rules.json",
  "projects.json",
  "project-answers.json",
  "schedules.json",
  "mcp-answers.json",
  "mcp-sign-ins.json",
  "terminal.json",
  "people.json",
  "server-guests.json",
  "shared-sessions.json",
  "nodes.json",
];

/** What is restored with the data: each is a file, or a directory and what lies in it. */
const dataNames = new Set([
  ...documents,
  "rein.db",
  "undo",
  "files",
  "memory",
  "outputs",
  "processes",
  "shells",
  "engines",
]);

/**
 * What stays where it is when other data takes the place of these: who may speak to this server, which processes of this
 * machine are its own, its logs and its programs. Another machine makes its own.
 */
const machineNames = new Set([
  "token",
  "sign-ins.json",
  "api-keys.json",
  "push.json",
  "address",
  "open.html",
  "lock",
  "lock-journal",
  "start-lock",
  "start-lock-journal",
  "jobs",
  "server.log",
  "terminal.log",
  "supervisor",
  "sandbox",
  "caches",
  "program",
]);

/** Where a restore puts what has come, before it takes the place of what is there. */
export const incomingName = "restore-incoming";
/** What is left to do of a restore. */
export const journalName = "restore.json";
/** What a restore has replaced is kept in a directory of such a name. */
export const keptPrefix = "before-restore-";
/** Copies of the databases while a backup is made. */
export const stagingPrefix = "backup-";

export const headName = "rein-backup.json";
export const sumsName = "SHA256SUMS";

/** Larger paths would need an extension of the format. */
export const maxPathLength = 250;
const segment = /^[\w.+=@,-]{1,200}$/;

/** Whether a backup may have a file of this name: relative, without anything that leads elsewhere, and of the data. */
export function isDataPath(path: string): boolean {
  const segments = path.split("/");
  return (
    path.length <= maxPathLength &&
    dataNames.has(segments[0]!) &&
    segments.every((one) => segment.test(one) && !/^\.+$/.test(one))
  );
}

/** Of the names in a data directory, those that a restore replaces: the data, and what was made of it. */
export function replacedNames(names: readonly string[]): string[] {
  return names.filter((name) => !machineNames.has(name) && !isOfRestore(name));
}

function isOfRestore(name: string): boolean {
  return (
    name === incomingName ||
    name === journalName ||
    name === `${journalName}.new` ||
    name.startsWith(keptPrefix) ||
    name.startsWith(stagingPrefix)
  );
}
