/** The operations of what a run has done: its changes, undo and redo, survivors, and the history of stops. */
import { z } from "zod";
import { unreachedNode } from "../../../shared/answers/cluster-shapes";
import { receipt, stopRecord } from "../../../shared/answers/receipt-shapes";
import { changesAnswer, undoAnswer } from "../../../shared/answers/setting-shapes";
import { stopsQuery, undoRequest } from "../../../shared/requests";
import type { Operation, Subject } from "./operation";

const reversal = {
  body: undoRequest,
  isBodyOptional: true,
  answer: undoAnswer,
  errors: [
    "run 404",
    "run-active",
    "no-record",
    "comparing",
    "already",
    "not-newest",
    "changed-since",
    "failed",
  ],
} as const satisfies Partial<Operation>;

export const changeOperations = {
  title: "Changes and stops",
  description: "What runs have changed in their directories, what stops have ended, and undo.",
  operations: {
    "GET /api/sessions/:id/runs/:runId/changes": {
      id: "changes",
      summary: "Read what a run has changed, file by file",
      answer: changesAnswer,
      errors: ["run 404", "no-record", "failed", "comparing"],
    },
    "POST /api/sessions/:id/runs/:runId/undo": {
      id: "undo",
      summary: "Undo what a run has changed",
      ...reversal,
    },
    "POST /api/sessions/:id/runs/:runId/redo": {
      id: "redo",
      summary: "Redo what was undone",
      ...reversal,
    },
    "POST /api/sessions/:id/runs/:runId/survivors/stop": {
      id: "endSurvivors",
      summary: "Try again to end the processes that a stop could not end",
      answer: z.strictObject({ receipt }),
      errors: ["run 404", "receipt"],
    },
    "GET /api/stops": {
      id: "stops",
      summary: "Read the history of stops",
      query: stopsQuery,
      answer: z.strictObject({
        stops: z.array(stopRecord),
        unreached: z
          .array(unreachedNode)
          .optional()
          .describe("Machines of a cluster whose stops are not known now."),
      }),
      raw: ["text/csv"],
    },
  },
} as const satisfies Subject;
