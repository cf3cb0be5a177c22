/** What a person can answer to a plan. */
import type { Approval, PlanApproval, ToolCallPart } from "../../shared/protocol";
import { visibleSegments } from "../../shared/visible-text";
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

/** Whether Markdown, drawn, would not show all of it: comments and other HTML, folded or hidden, and characters that are not seen. */
export function hidesSomething(plan: string): boolean {
  return (
    markup.test(plan) ||
    dropsCells(plan) ||
    visibleSegments(plan).some(({ kind }) => kind === "mark")
  );
}

/**
 * HTML; what only defines a link or a footnote; an address behind other words; words behind the language of a code block;
 * a diagram; a formula in which something may be a comment or a command; what a long gap moves out of the view.
 */
const markup =
  /<[!/?a-z]|\]:|\]\(|`{3,}[^\n`]*\S[ \t]+\S|~{3,}[^\n]*\S[ \t]+\S|(?:`{3,}|~{3,})[ \t]*mermaid|\$[^$\\%]*[\\%]|\\[([]|[ \t]{20,}\S/i;

/** A row with more cells than its table has columns is drawn without them. */
function dropsCells(plan: string): boolean {
  let columns = Infinity;
  return plan.split("\n").some((line) => {
    const cells = line
      .trim()
      .replaceAll(/^\||\|$/g, "")
      .split("|").length;
    if (line.trim() === "") columns = Infinity;
    else if (/^[\s>|:-]+$/.test(line) && /[:|]/.test(line)) columns = cells;
    return cells > columns;
  });
}
