/** The skill tool: what a skill says, and the files of its folder. It runs nothing: scripts are run by bash, which asks. */
import { z } from "zod";
import { ellipsized } from "../../shared/truncate";
import type { ActingSkill } from "../definitions/definition-types";
import { skillText } from "../definitions/expand-command";
import { type Tool, ToolError } from "../tools/tool";

const input = z.strictObject({
  name: z.string().min(1).max(64).describe("Of the skill"),
  file: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe("The path of a file in its folder; without one, what the skill says"),
});

export type SkillInput = z.infer<typeof input>;

/** In the tool's description. */
const maxListed = 8000;
const maxDescription = 500;
const maxFileCharacters = 60_000;

/** Undefined: it is no longer the file that was answered. */
export type ReadSkillFile = (
  skill: ActingSkill,
  path: string,
  signal: AbortSignal,
) => Promise<Buffer | undefined>;

/** Of the skills that act in this turn; nothing of it is asked about, for a person has seen it whole. */
export function createSkillTool(
  skills: readonly ActingSkill[],
  readFile: ReadSkillFile,
): Tool<SkillInput> {
  const known = skills.filter(({ isForModel }) => isForModel);
  return {
    name: "skill",
    description:
      "Reads a skill: instructions for a kind of work, and the files that belong to them. Read one before you do what it is " +
      `for; run its scripts with bash. There are:\n${listed(known)}`,
    input,
    isOffered: () => known.length > 0,
    prepare({ name, file }, _context, signal) {
      const skill = known.find((one) => one.name === name);
      if (skill === undefined) throw new ToolError(`There is no skill ${name}. ${namesOf(known)}`);
      return {
        changesNothing: true,
        run: async () => ({
          output:
            file === undefined ? skillText(skill) : await fileText(skill, file, readFile, signal),
        }),
      };
    },
  };
}

function listed(skills: readonly ActingSkill[]): string {
  let text = "";
  for (const [index, { name, description }] of skills.entries()) {
    const line = `- ${name}: ${ellipsized(description, maxDescription)}\n`;
    if (text.length + line.length > maxListed)
      return `${text}- and ${skills.length - index} more, which are not listed`;
    text += line;
  }
  return text.trimEnd();
}

function namesOf(skills: readonly ActingSkill[]): string {
  return `There are: ${skills.map(({ name }) => name).join(", ") || "none"}.`;
}

async function fileText(
  skill: ActingSkill,
  path: string,
  readFile: ReadSkillFile,
  signal: AbortSignal,
): Promise<string> {
  const bytes = await read(skill, path, readFile, signal);
  if (bytes === undefined)
    throw new ToolError(
      `${path} is no file of the skill ${skill.name}, or not the one that was allowed. It has: ${skill.files.map((one) => one.path).join(", ") || "none"}.`,
    );
  const text = textOf(bytes);
  if (text === undefined)
    throw new ToolError(`${path} is no text in UTF-8. Use it with bash, in ${skill.folder}.`);
  if (text.length <= maxFileCharacters) return text;
  return `${text.slice(0, maxFileCharacters)}\n[… ${text.length - maxFileCharacters} more characters: read them with bash, in ${skill.folder}]`;
}

async function read(
  skill: ActingSkill,
  path: string,
  readFile: ReadSkillFile,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  try {
    return await readFile(skill, path, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new ToolError(`${path} cannot be read: ${String(error)}`, { cause: error });
  }
}

function textOf(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    // It is in another encoding, or no text at all.
    return undefined;
  }
}
