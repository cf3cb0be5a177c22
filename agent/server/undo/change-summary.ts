/** The summary of a run's changes: which files, and what could not be recorded. */
import { defined } from "../../shared/defined";
import type { Changes } from "../../shared/protocol";
import { sentence } from "../../shared/sentences";
import { failureWords } from "./failure-words";
import { fileChanges } from "./shown-changes";
import type { Repositories } from "./git/find-files";
import { type Name, shown } from "./git/git-path";
import type { RunRecord } from "./run-record";
import { maxFileBytes } from "./git/ls-files";
import { SnapshotTimeoutError } from "./workspace";

const maxShown = 100;

/** As it stands in the session. */
export function changesOf(record: RunRecord): Changes {
  const { changes, unseen: sentences, undoneAt, redoneAt } = record;
  const files = fileChanges(changes);
  const { length } = files;
  return defined({
    ...known(files.slice(0, maxShown), length, sentences),
    undoneAt,
    redoneAt,
  });
}

function known(files: Changes["files"], count: number, sentences: string[]): Changes {
  return { state: "known", files, count, unseen: [...always, ...sentences] };
}

export function unknown(reason: string): Changes {
  return { state: "unknown", reason, files: [], count: 0, unseen: always };
}

/** They are still being determined. */
export const notYet: Changes = { state: "pending", files: [], count: 0, unseen: [] };

/** Of a run in which nothing that could write was started. */
export const nothing: Changes = { state: "known", files: [], count: 0, unseen: [] };

const always = [
  sentence(
    "Changes outside the working directory, and what was sent over the network, are not seen.",
  ).text,
  sentence("Ignored files and generated ones (node_modules, .venv, __pycache__) are not recorded.")
    .text,
];

/** The sentences about what was not recorded. */
export function unseen(
  leftOut: Name[],
  doubtful: Name[],
  { made, gone }: Repositories,
  isShared: boolean,
): string[] {
  const sentences: string[] = [];
  const limit = `${maxFileBytes / 1024 / 1024} MB`;
  if (leftOut.length > 0)
    sentences.push(
      `Too large (over ${limit}), too many or not readable, so not recorded: ${some(leftOut)}.`,
    );
  if (doubtful.length > 0)
    sentences.push(
      `Not recorded before, so what has changed in them is unknown: ${some(doubtful)}.`,
    );
  if (made.length > 0)
    sentences.push(
      `Git’s own data is not recorded, so an undo leaves what was made: ${some(made)}.`,
    );
  if (gone.length > 0)
    sentences.push(
      `Git’s own data is not recorded, so an undo does not bring back: ${some(gone)}.`,
    );
  if (isShared)
    sentences.push(
      sentence("Another run worked here at the same time: its changes are among these.").text,
    );
  return sentences;
}

function some(names: Name[]): string {
  const first = names.slice(0, 5).map(shown).join(", ");
  return names.length > 5 ? `${first} and ${names.length - 5} more` : first;
}

/** `home` is where the snapshots are kept. */
export function reasonOf(error: unknown, home: string): string {
  if (error instanceof SnapshotTimeoutError) return error.message;
  return `The working directory could not be recorded: ${failureWords(error, home)}`;
}
