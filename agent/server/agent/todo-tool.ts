/** The to-do list of a session's agent: written whole each time, and shown to the person beside the conversation. */
import { z } from "zod";
import type { PlanEntry } from "../../shared/protocol";
import type { Tool } from "../tools/tool";

const maxEntries = 50;

const input = z.strictObject({
  entries: z
    .array(
      z.strictObject({
        text: z.string().trim().min(1).max(300).describe("One step, in one line"),
        // What is stopped, only a run's end knows.
        state: z.enum(["pending", "in_progress", "completed"]),
      }),
    )
    .max(maxEntries)
    .describe("The whole list, in order; it takes the place of the last one. Empty: there is none"),
});

export type TodoInput = z.output<typeof input>;

export const todoTool: Tool<TodoInput> = {
  name: "todo",
  description:
    "Keeps your to-do list, which the user sees while you work. For work of three steps or more: write it before you begin, " +
    "and again whenever a step begins or is done, with one step in_progress at a time. A step is completed only when it is " +
    "done and checked. After a stop, what was under way is marked as stopped: go on with it only if the user wants that.",
  input,
  prepare: ({ entries }, context) => ({
    changesNothing: true,
    async run() {
      const { runId } = context;
      await context.emit({ type: "todo-change", runId, entries, at: Date.now() });
      return { output: sizeWords(entries) };
    },
  }),
};

function sizeWords(entries: readonly PlanEntry[]): string {
  const done = entries.filter(({ state }) => state === "completed").length;
  return entries.length === 0 ? "There is no list now." : `${done} of ${entries.length} are done.`;
}
