/** The operations of the notes about a project. */
import { memoryAnswer } from "../../../shared/answers/definition-shapes";
import { notePatchRequest, noteRequest, projectQuery } from "../../../shared/requests";
import type { Subject } from "./operation";

export const memoryOperations = {
  title: "Notes about projects",
  description:
    "What models are told of a project in every session. They may propose notes; each counts once a person has kept it.",
  operations: {
    "GET /api/memory": {
      id: "memory",
      summary: "List the notes about a project, kept and proposed",
      query: projectQuery,
      answer: memoryAnswer,
      errors: ["cwd", "damaged"],
    },
    "POST /api/memory": {
      id: "addNote",
      summary: "Keep a note about a project",
      body: noteRequest,
      example: { text: "The tests need a running PostgreSQL." },
      answer: memoryAnswer,
      errors: ["cwd", "note 400", "notes-full", "damaged"],
    },
    "PATCH /api/memory/:id": {
      id: "changeNote",
      summary: "Keep what was proposed, as it is or edited, or edit a note",
      body: notePatchRequest,
      example: { state: "kept" },
      answer: memoryAnswer,
      errors: ["cwd", "note", "notes-full", "damaged"],
    },
    "DELETE /api/memory/:id": {
      id: "removeNote",
      summary: "Remove a note, or refuse what was proposed",
      query: projectQuery,
      answer: memoryAnswer,
      errors: ["cwd", "damaged"],
    },
  },
} as const satisfies Subject;
