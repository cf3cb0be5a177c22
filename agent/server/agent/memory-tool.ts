/** The memory tool: it lists the notes about the project, and proposes some, which count once the person has kept them. */
import { z } from "zod";
import { plural } from "../../shared/plural";
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
      return { output: listed((await memory.of(cwd, signal)).lines, sessionId) };
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

/** What other sessions have proposed is told to no model: it may be words of a page or a file that one of them has read. */
function listed(lines: MemoryLine[], sessionId: string): string {
  const kept = lines.filter(({ state }) => state === "kept");
  const proposed = lines.filter(({ state }) => state === "proposed");
  const own = proposed.filter((line) => line.sessionId === sessionId);
  const others = proposed.length - own.length;
  const texts = [
    ...kept.map(({ id, text }) => `${id}: ${text}`),
    ...(own.length > 0 ? ["Proposed in this session, and not kept yet:"] : []),
    ...own.map(({ text, removes }) => `- ${removes === undefined ? text : `remove: ${text}`}`),
    ...(others > 0 ? [`${plural(others, "proposal")} of other sessions: not kept yet.`] : []),
  ];
  return texts.length === 0 ? "There are no notes about this project." : texts.join("\n");
}
