/** The schemas of to-do lists and of the steps of plans. */
import { z } from "zod";
import { type PlanEntry, planStates, type TodoList } from "../protocol";
import { shape } from "./shape";
import { text, time } from "./value-shapes";

export const planEntry = shape<PlanEntry>(
  "PlanEntry",
  "A step of a plan or of a to-do list.",
)(
  z.strictObject({
    text,
    state: z.enum(planStates).describe("stopped: it was under way when its run ended."),
  }),
);

export const todoList = shape<TodoList>(
  "TodoList",
  "What the session’s agent means to do, as it said last.",
)(z.strictObject({ runId: text, entries: z.array(planEntry), updatedAt: time }));
