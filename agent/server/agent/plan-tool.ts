/** Plan mode: what a model is told of it and offered in it, and the tool that ends it by a plan that a person approves. */
import { z } from "zod";
import type { Permissions, Session, ToolCallPart } from "../../shared/protocol";
import { maxPlanCharacters } from "../../shared/requests/value-schemas";
import { findToolCall } from "../../shared/session-lookup";
import { type Tool, ToolError } from "../tools/tool";

const input = z.strictObject({
  title: z.string().trim().min(1).max(80).describe("A few words for the person who reads it"),
  plan: z
    .string()
    .trim()
    .min(1)
    .max(maxPlanCharacters)
    .describe(
      "The whole plan in Markdown: what you would change and where, how you would check it",
    ),
});

export type PlanInput = z.output<typeof input>;

const name = "plan";
/** They would only be denied. */
const leftOut = new Set(["write", "edit", "apply_patch"]);

/** Whether a model is offered the tool in a session with these permissions. */
export function isOfferedIn(permissions: Permissions, tool: Pick<Tool, "name">): boolean {
  return permissions === "plan" ? !leftOut.has(tool.name) : tool.name !== name;
}

/** For the system prompt; empty outside of plan mode. */
export function planNote(permissions: Permissions, isSubagent: boolean): string {
  if (permissions !== "plan") return "";
  const end = isSubagent
    ? "Report what you found."
    : "When you know enough, call the plan tool with the whole plan: the user approves, edits or refuses it. Do not ask them in words whether you may begin.";
  return `This session is in plan mode: find out what there is to know, and change nothing. Edits are refused; commands run read-only and without a network, in a /tmp that is emptied after each. ${end}`;
}

/**
 * The tool with which a plan is shown to a person. Its call waits for their reply, which also sets what the session may do
 * then; its output is what they approved. `unattended`: nobody is asked in this run, so the plan is its answer.
 */
export function createPlanTool(session: Session, unattended: boolean): Tool<PlanInput> {
  return {
    name,
    description:
      "Shows your plan to the user and waits: they approve it, edit it first, or refuse it and say why. Once it is approved " +
      "plan mode is over and you carry out what was approved.",
    input,
    prepare({ plan }, { toolCallId }) {
      const asked = () => findToolCall(session, toolCallId)?.approval;
      if (session.permissions !== "plan" && asked() === undefined)
        throw new ToolError("The session is not in plan mode, so there is nothing to approve.");
      const changesNothing = true as const;
      if (unattended)
        return { changesNothing, run: () => Promise.resolve({ output: nobodyIsAsked }) };
      return {
        access: { kind: "plan", plan },
        changesNothing,
        run: () => Promise.resolve({ output: approvedWords(asked()) }),
      };
    },
  };
}

const nobodyIsAsked =
  "Nobody is asked in this run, so your plan is its answer: write it as your last message, and end.";

function approvedWords(approval: ToolCallPart["approval"]): string {
  const reply = approval?.reply;
  const permissions = reply?.decision === "plan" ? reply.permissions : "ask";
  const text = reply?.decision === "plan" ? reply.text : undefined;
  const may = `Plan mode is over. ${mayDo[permissions]}`;
  return text === undefined || text === approval?.subject
    ? `The user has approved the plan: carry it out. ${may}`
    : `The user has edited the plan and approved it as follows: carry out this one. ${may}\n\n${text}`;
}

const mayDo: Record<Exclude<Permissions, "plan">, string> = {
  ask: "They are asked before each edit and each command.",
  edits: "You may edit files in the working directory; they are asked before commands.",
  all: "You may edit files and run commands without asking.",
};
