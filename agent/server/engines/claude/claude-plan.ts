/** Claude Code's to-do list, from the calls of the tools that write it. */
import { z } from "zod";
import type { EngineEvent } from "../engine";

type Entry = Extract<EngineEvent, { type: "plan" }>["entries"][number];

const state = z.enum(["pending", "in_progress", "completed"]).catch("pending");
const taskId = z.string().max(100);
const mostEntries = 1_000;

const todoWrite = z.object({
  todos: z.array(z.object({ content: z.string(), status: state })).max(mostEntries),
});
const created = z.object({ task: z.object({ id: taskId, subject: z.string() }) });
const updated = z.object({
  taskId,
  subject: z.string().optional(),
  status: z.enum(["pending", "in_progress", "completed", "deleted"]).optional(),
});
const listed = z.object({
  tasks: z.array(z.object({ id: taskId, subject: z.string(), status: state })).max(mostEntries),
});

const planTools = new Set([
  "TodoWrite",
  "TodoRead",
  "TaskCreate",
  "TaskUpdate",
  "TaskList",
  "TaskGet",
]);

/** They are shown as the plan that they write, not as calls. */
export function isPlanTool(name: string): boolean {
  return planTools.has(name);
}

export class ClaudePlan {
  readonly #tasks = new Map<string, Entry>();

  /** The whole plan after a call that has succeeded; undefined when it says nothing of the plan. */
  after(name: string, input: unknown, result: unknown): Entry[] | undefined {
    switch (name) {
      case "TodoWrite":
        return todoWrite
          .safeParse(input)
          .data?.todos.map(({ content, status }) => ({ text: content, state: status }));
      case "TaskCreate":
        return this.#create(created.safeParse(result).data);
      case "TaskUpdate":
        return this.#update(updated.safeParse(input).data);
      case "TaskList":
        return this.#list(listed.safeParse(result).data);
      default:
        return undefined;
    }
  }

  #create(known: z.infer<typeof created> | undefined): Entry[] | undefined {
    if (known === undefined || this.#tasks.size >= mostEntries) return undefined;
    this.#tasks.set(known.task.id, { text: known.task.subject, state: "pending" });
    return this.#entries();
  }

  /** A task of an earlier process is not known, and is left out until the next list. */
  #update(known: z.infer<typeof updated> | undefined): Entry[] | undefined {
    const task = known && this.#tasks.get(known.taskId);
    if (known === undefined || task === undefined) return undefined;
    if (known.status === "deleted") this.#tasks.delete(known.taskId);
    else
      this.#tasks.set(known.taskId, {
        text: known.subject ?? task.text,
        state: known.status ?? task.state,
      });
    return this.#entries();
  }

  #list(known: z.infer<typeof listed> | undefined): Entry[] | undefined {
    if (known === undefined) return undefined;
    this.#tasks.clear();
    for (const { id, subject, status } of known.tasks)
      this.#tasks.set(id, { text: subject, state: status });
    return this.#entries();
  }

  #entries(): Entry[] {
    return [...this.#tasks.values()];
  }
}
