/** What a person can answer to a plan. */
import type { Approval, PlanApproval, ToolCallPart } from "../../shared/protocol";
import { inputOf } from "./tool-input";

export interface PlanChoice {
  permissions: PlanApproval["permissions"];
  name: string;
  words: string;
}

/** From the least to the most. */
export const planChoices: readonly PlanChoice[] = [
  {
    permissions: "ask",
    name: "Approve, ask first",
    words: "It asks before edits and commands.",
  },
  {
    permissions: "edits",
    name: "Approve, allow edits",
    words: "It edits the working directory freely, and asks before commands.",
  },
  {
    permissions: "all",
    name: "Approve, allow everything",
    words: "It asks before nothing but what touches Rein’s own data.",
  },
];

/** `text`: the plan as a person has edited it. */
export function planApproval(
  { digest, subject }: Approval,
  permissions: PlanApproval["permissions"],
  text: string,
): PlanApproval {
  return { decision: "plan", digest, permissions, ...(text !== subject && { text }) };
}

/** Of a plan that waits or was answered. */
export function planTitle(part: ToolCallPart): string {
  const { title } = inputOf(part);
  return typeof title === "string" && title.trim() !== "" ? title : "Plan";
}
