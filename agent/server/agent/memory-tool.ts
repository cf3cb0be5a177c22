/** The memory tool: it lists the notes about the project, and proposes some, which count once the person has kept them. */
import { z } from "zod";
import type { MemoryLine } from "../../shared/protocol";
import { NoteError } from "../memory/note-error";
import type { ProjectMemory } from "../memory/project-memory";
import { type Tool, type ToolContext, ToolError } from "../tools/tool";

const input = z.strictObject({
  propose: z.string().optional().describe("A line of at most 300 characters"),
  instead: z.string().optional().describe("The id of the note in whose place `propose` would be"),
  remove: z.string().optional().describe("The id of a note that is wrong or no longer needed"),
});

type MemoryInput = z.infer<typeof input>;

/** Nothing is allowed or asked: a proposal is no change, and what the project is known by is in the prompt anyway. */
export function createMemoryTool(memory: Pick<ProjectMemory, "of" | "propose">): Tool<MemoryInput> {
  return {
    name: "memory",
    description:
      "Notes about this project that last across sessions. Without input it lists them with their ids. " +
      "Propose a line when you have learnt a fact that later sessions need and that no file of the project says, or when the person asks you to remember something; never a secret. " +
      "The person keeps or refuses what you propose: until then it counts for nothing. Do not wait for it, and do not propose the same again.",
    input,
    prepare: (asked, context, signal) => ({
      changesNothing: true,
      run: () => runMemory(memory, asked, context, signal),
    }),
  };
}

async function runMemory(
  memory: Pick<ProjectMemory, "of" | "propose">,
  { propose: text, instead, remove }: MemoryInput,
  { cwd, sessionId, runId }: ToolContext,
  signal: AbortSignal,
): Promise<{ output: string }> {
  if (text !== undefined && remove !== undefined)
    throw new ToolError("Give `propose` or `remove`, not both.");
  if (text === undefined && instead !== undefined)
    throw new ToolError("Give `propose` with `instead`: the line that takes its place.");
  try {
    if (text === undefined && remove === undefined)
      return { output: listed((await memory.of(cwd, signal)).lines) };
    const about = {
      ...(text !== undefined && { text }),
      ...(instead !== undefined && { instead }),
      ...(remove !== undefined && { remove }),
    };
    await memory.propose(cwd, { ...about, sessionId, runId }, signal);
    return { output: "Proposed. The person decides whether it is kept." };
  } catch (error) {
    if (error instanceof NoteError) throw new ToolError(error.message, { cause: error });
    throw error;
  }
}

function listed(lines: MemoryLine[]): string {
  const kept = lines.filter(({ state }) => state === "kept");
  const proposed = lines.filter(({ state }) => state === "proposed");
  const texts = [
    ...kept.map(({ id, text }) => `${id}: ${text}`),
    ...(proposed.length > 0 ? ["Proposed, and not kept yet:"] : []),
    ...proposed.map(({ text, removes }) => `- ${removes === undefined ? text : `remove: ${text}`}`),
  ];
  return texts.length === 0 ? "There are no notes about this project." : texts.join("\n");
}
