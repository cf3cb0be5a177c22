/** The process tool: lists, reads and stops the background processes of a session. */
import { z } from "zod";
import { type BackgroundHandle } from "./background-registry";
import { within } from "../../abort";
import { BoundedOutput } from "../bash/bounded-output";
import type { ToolServices } from "../tool-services";
import { listProcesses, proofNote, stateOf } from "./process-text";
import { type Tool, ToolError } from "../tool";

const maxWaitSeconds = 600;

const input = z.strictObject({
  action: z
    .enum(["list", "read", "stop"])
    .describe("list: all processes; read: output of one since your last read; stop: end one"),
  id: z.string().optional().describe("The process, as named by bash: p1. Not needed for list"),
  waitSeconds: z
    .number()
    .min(0)
    .max(maxWaitSeconds)
    .default(0)
    .describe("For read: wait at most this long for the process to end. Default 0"),
});

export type ProcessInput = z.output<typeof input>;

/** The tool keeps the read position of each process as long as the process is known. */
export function createProcessTool({ background }: ToolServices): Tool<ProcessInput> {
  const readUntil = new WeakMap<BackgroundHandle, number>();
  return {
    name: "process",
    description:
      "Lists, reads and stops the processes that bash has started with background, or that a command has left running. " +
      "read returns only the output since your last read, and whether the process is still running. " +
      "All output of a process is also in a file, whose path bash has given where commands can read it.",
    input,
    prepare: ({ action, id, waitSeconds }, context, signal) => ({
      async run() {
        if (action === "list") return { output: listOf(background.list(context.sessionId)) };
        const handle = find(background.list(context.sessionId), id);
        if (action === "stop" && context.readsOnly)
          throw new ToolError("In plan mode nothing is changed, so the process was not stopped.");
        if (action === "stop") return { output: await stop(handle) };
        await within(waitSeconds * 1000, handle.job.ended, signal);
        signal.throwIfAborted();
        const output = new BoundedOutput(context);
        const from = readUntil.get(handle) ?? 0;
        const unread = handle.output(from);
        readUntil.set(handle, unread.next);
        const lost = unread.from - from;
        if (lost > 0) context.output(`[${lost} earlier characters are only in the file]\n`);
        output.write(unread.text);
        await output.end();
        const lead = output.isAtLineStart ? "" : "\n";
        return { output: `${lead}[${output.isEmpty ? "no new output; " : ""}${stateOf(handle)}]` };
      },
    }),
  };
}

function find(all: BackgroundHandle[], id: string | undefined): BackgroundHandle {
  const handle = all.find(({ record }) => record.id === id);
  if (handle) return handle;
  const ids = all.map(({ record }) => record.id).join(", ") || "none";
  throw new ToolError(`There is no process ${id ?? "without an id"}. There are: ${ids}.`);
}

async function stop(handle: BackgroundHandle): Promise<string> {
  if (handle.record.endedAt !== undefined) return `[${stateOf(handle)}]`;
  const end = await handle.stop(undefined);
  const { ended, survivors } = end;
  if (survivors.length > 0)
    throw new ToolError(`Could not stop these processes: ${listProcesses(survivors, handle.job)}.`);
  const note = proofNote(end);
  return `[process ${handle.record.id} was stopped: ${listProcesses(ended, handle.job)}${note === undefined ? "" : `; ${note}`}]`;
}

function listOf(all: BackgroundHandle[]): string {
  return all.map((one) => `${one.record.command}\n  ${stateOf(one)}`).join("\n") || "[none]";
}
