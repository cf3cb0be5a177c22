/** The schemas of approvals, replies and rules in answers. */
import { z } from "zod";
import type {
  AllowedRule,
  Approval,
  ApprovalReply,
  PlanApproval,
  ProjectRules,
  Rule,
} from "../protocol";
import { allowedRule as allowedRuleRow, projectRule, rule as ruleUnion } from "../requests";
import { shape } from "./shape";
import { count, text, yes } from "./value-shapes";

export const rule = shape<Rule>(
  "Rule",
  "What an “always” or a rule of a project covers.",
)(ruleUnion);

export const allowedRule = shape<AllowedRule>(
  "AllowedRule",
  "A rule that a session was given.",
)(allowedRuleRow);

export const projectRules = shape<ProjectRules>(
  "ProjectRules",
  "The rules of a project.",
)(z.strictObject({ cwd: text, rules: z.array(projectRule) }));

const digest = text.describe("A reply repeats it: it is for this call only.");

const planApproval = shape<PlanApproval>(
  "PlanApproval",
  "Approves a plan, and gives the session these permissions.",
)(
  z.strictObject({
    decision: z.literal("plan"),
    digest,
    permissions: z.enum(["ask", "edits", "all"]),
    text: text.optional().describe("The plan as a person has edited it."),
  }),
);

export const approvalReply = shape<ApprovalReply>(
  "ApprovalReply",
  "A reply to an approval.",
)(
  z.union([
    z.strictObject({ decision: z.literal("once"), digest }),
    z.strictObject({ decision: z.enum(["session", "project"]), digest, rule: count }),
    planApproval,
    z.strictObject({ decision: z.literal("deny"), message: text.optional() }),
  ]),
);

export const approval = shape<Approval>(
  "Approval",
  "What a tool call wants to do.",
)(
  z.strictObject({
    id: text,
    kind: z.enum(["command", "edit", "read", "tool", "plan"]),
    tool: text.optional(),
    outside: yes.optional().describe("It reads or edits outside the working directory."),
    subject: text.describe(
      "The whole command, the path, what the tool is about, or the plan in Markdown.",
    ),
    alsoPaths: z.array(text).optional(),
    directory: text.optional(),
    anywhere: yes.optional(),
    readsOnly: yes.optional().describe("In plan mode: it writes no file, and reaches no network."),
    digest,
    always: z.array(rule).describe("What an “always” may cover, narrowest first."),
    asksBecause: text.optional(),
    reply: approvalReply.optional(),
  }),
);
