/** What a person can answer to a plan. */
import type { Approval, PlanApproval, ToolCallPart } from "../../shared/protocol";
import { visibleSegments } from "../../shared/visible-text";
import { inputOf } from "./tool-input";
import { t } from "../../shared/translation";

export interface PlanChoice {
  permissions: PlanApproval["permissions"];
  name: string;
  words: string;
}

/** From the least to the most. */
export const planChoices: readonly PlanChoice[] = [
  {
    permissions: "ask",
    get name() {
      return t("Approve, ask first");
    },
    get words() {
      return t("It asks before edits and commands.");
    },
  },
  {
    permissions: "edits",
    get name() {
      return t("Approve, allow edits");
    },
    get words() {
      return t("It edits the working directory freely, and asks before commands.");
    },
  },
  {
    permissions: "all",
    get name() {
      return t("Approve, allow everything");
    },
    get words() {
      return t("It asks before nothing but what touches Rein’s own data.");
    },
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
  return typeof title === "string" && title.trim() !== "" ? title : t("Plan");
}

/** Whether Markdown, drawn, would not show all of it as it is: comments and other HTML, folded or hidden, and characters that are not seen. */
export function hidesSomething(plan: string): boolean {
  const lines = plan.split(/\r\n?|\n/);
  return (
    markup.test(plan) ||
    lines.some(beginsHiding) ||
    hidesCells(lines) ||
    visibleSegments(plan, { exact: true }).some(({ kind }) => kind === "mark")
  );
}

/** HTML and its characters by name; what only defines a link or a footnote; an address behind other words; a formula with commands or comments; what a long gap moves out of the view. */
const markup = /<[!/?a-z]|&(?:#|[a-z]+;)|\]:|\]\(|\\[([]|\$[^$]*[\\%]|(?<![ \t])[ \t]{20,}\S/i;

/** A block of code with words behind its language, or drawn as a diagram, which has comments. */
function beginsHiding(line: string): boolean {
  const info = /(?:```|~~~)[`~]*(.*)$/.exec(line)?.[1]?.trim() ?? "";
  return /\s/.test(info) || info.toLowerCase().startsWith("mermaid");
}

/** Of a row of a table, no more cells are drawn than its head has. */
function hidesCells(lines: string[]): boolean {
  let columns = Infinity;
  return lines.some((line) => {
    if (delimiterOnly.test(line) && line.includes("-")) columns = cellsOf(line);
    else if (line.trim() === "") columns = Infinity;
    return cellsOf(line) > columns;
  });
}

/** Between the head of a table and its rows, in a quote or an item too. */
const delimiterOnly = /^[\s>*+\d.)|:-]+$/;

/** Without the bars around them. More than there are where a bar is escaped. */
function cellsOf(line: string): number {
  const inner = line.replace(/^[\s>]*\|?/, "").trimEnd();
  return inner.split("|").length - (inner.endsWith("|") ? 1 : 0);
}
