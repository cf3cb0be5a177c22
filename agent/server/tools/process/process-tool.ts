/** The process tool: what the agent has running in the background, read and stopped by name. */
import { z } from "zod";
import { type BackgroundHandle } from "./background-registry";
import { within } from "../../abort";
import { listed } from "../bash/bash-command";
import { BoundedOutput } from "../bash/bounded-output";
import type { ToolServices } from "../tool-services";
import { stateOf } from "./process-state";
import { type Tool, ToolError } from "../tool";

const maxWaitSeconds = 600;

const input = z.strictObject({
  action: z
    .enum(["list", "read", "stop"])
    .describe("list: all of them; read: what one has put out since you last read it; stop: end it"),
  id: z.string().optional().describe("Which one, as bash has named it: p1. Not for list"),
  waitSeconds: z
    .number()
    .min(0)
    .max(maxWaitSeconds)
    .default(0)
    .describe("For read: wait for it to end, at most so long. Default 0"),
});

export type ProcessInput = z.output<typeof input>;

/** The tool remembers how far each process has been read, for as long as the process is known. */
export function createProcessTool({ background }: ToolServices): Tool<ProcessInput> {
  const readUntil = new WeakMap<BackgroundHandle, number>();
  return {
    name: "process",
    description:
      "Shows and stops the processes that bash has started with background, or that a command has left running. " +
      "read gives only what is new since your last read, and whether the process still runs. " +
      "The output of each is also in a file, whose path bash has told.",
    input,
    permission: () => undefined,
    async run({ action, id, waitSeconds }, context, signal) {
      if (action === "list") return { output: listOf(background.list(context.sessionId)) };
      const kept = find(background.list(context.sessionId), id);
      if (action === "stop") return { output: await stop(kept) };
      await within(waitSeconds * 1000, kept.job.ended, signal);
      signal.throwIfAborted();
      const output = new BoundedOutput((text) => context.output(text));
      const from = readUntil.get(kept) ?? 0;
      const news = kept.output(from);
      readUntil.set(kept, news.next);
      if (news.from > from) context.output(`[${news.from - from} characters are no longer held]\n`);
      output.write(news.text);
      output.end();
      const lead = output.isAtLineStart ? "" : "\n";
      return { output: `${lead}[${output.isEmpty ? "no new output; " : ""}${stateOf(kept)}]` };
    },
  };
}

function find(all: BackgroundHandle[], id: string | undefined): BackgroundHandle {
  const kept = all.find(({ record }) => record.id === id);
  if (kept) return kept;
  const names = all.map(({ record }) => record.id).join(", ") || "none";
  throw new ToolError(`There is no process ${id ?? "without an id"}. There are: ${names}.`);
}

async function stop(kept: BackgroundHandle): Promise<string> {
  if (kept.record.endedAt !== undefined) return `[${stateOf(kept)}]`;
  const { ended, survivors } = await kept.stop(undefined);
  if (survivors.length > 0)
    throw new ToolError(`These could not be ended and may still run: ${listed(survivors)}.`);
  return `[${kept.record.id} is stopped: ${listed(ended)}]`;
}

function listOf(all: BackgroundHandle[]): string {
  return all.map((kept) => `${kept.record.command}\n  ${stateOf(kept)}`).join("\n") || "[none]";
}
