/** The twenty tasks, in the order of their table. */
import type { Task } from "../task-runner/task";
import { applyPatchFile } from "./apply-patch-file";
import { askAServer } from "./ask-a-server";
import { editConfig } from "./edit-config";
import { findCommit } from "./find-commit";
import { findDifference } from "./find-difference";
import { findFact } from "./find-fact";
import { fixCrash } from "./fix-crash";
import { fixFailingTest } from "./fix-failing-test";
import { implementText } from "./implement-text";
import { keepLineEnds } from "./keep-line-ends";
import { moveToSharedFile } from "./move-to-shared-file";
import { raiseVersions } from "./raise-versions";
import { removeDeadCode } from "./remove-dead-code";
import { renameAcrossFiles } from "./rename-across-files";
import { resolveConflict } from "./resolve-conflict";
import { searchLongOutput } from "./search-long-output";
import { summarizeTable } from "./summarize-table";
import { undoMistake } from "./undo-mistake";
import { writeScript } from "./write-script";
import { writeTests } from "./write-tests";

export const allTasks: readonly Task[] = [
  fixFailingTest,
  fixCrash,
  implementText,
  writeTests,
  writeScript,
  renameAcrossFiles,
  moveToSharedFile,
  removeDeadCode,
  raiseVersions,
  editConfig,
  keepLineEnds,
  applyPatchFile,
  resolveConflict,
  undoMistake,
  findCommit,
  findFact,
  findDifference,
  searchLongOutput,
  summarizeTable,
  askAServer,
];
