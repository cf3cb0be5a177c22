/** Whether a tool call may run: by the rules of the project, the session's permissions, and what the session allows. */
import type { Approval, ProjectRule, Rule, Session } from "../../shared/protocol";
import { defined } from "../../shared/defined";
import {
  type Access,
  describeRule,
  isWithin,
  offeredRules,
  relativeTo,
  ruleConcerns,
  ruleCovers,
} from "../../shared/rules";
import { type OwnPath, whySecret, whySelfExecuting } from "./self-executing";

/** What an approval shows. */
export type AskedApproval = Omit<Approval, "id" | "digest" | "reply">;

export type Permission =
  | { is: "allowed" }
  /** `rule`: the project's rule that forbids it. */
  | { is: "denied"; rule: Rule }
  | { is: "asked"; approval: AskedApproval };

type Grants = Pick<Session, "permissions" | "allowed">;

/**
 * A denial wins over everything. A file tool's look at Rein's own data is asked each time, and "all" asks nothing else.
 * Else what the project's rules say to ask, and an edit of a path that runs by itself, is asked each time. `cwd` is the session's directory without links; `own`, Rein's own directories.
 */
export function permissionFor(
  access: Access,
  { permissions, allowed }: Grants,
  rules: readonly ProjectRule[],
  cwd: string,
  own: readonly OwnPath[],
): Permission {
  const ruleWith = (effect: ProjectRule["effect"]) =>
    rules.find((one) => one.effect === effect && ruleConcerns(one.rule, access, cwd))?.rule;
  const denied = ruleWith("deny");
  if (denied) return { is: "denied", rule: denied };
  const secret = access.kind === "command" ? undefined : whySecret(access, own);
  if (permissions === "all" && secret === undefined) return { is: "allowed" };
  const isInside = access.kind !== "command" && isWithin(access.path, cwd);
  const reason = secret ?? asksBecause(access, ruleWith("ask"), own);
  if (reason !== undefined)
    return { is: "asked", approval: approvalOf(access, isInside, cwd, [], reason) };
  if (isInside && (access.kind === "read" || permissions === "edits")) return { is: "allowed" };
  const allowances = [...allowed, ...rules.filter(({ effect }) => effect === "allow")];
  if (allowances.some(({ rule }) => ruleCovers(rule, access, cwd))) return { is: "allowed" };
  return { is: "asked", approval: approvalOf(access, isInside, cwd, offeredRules(access, cwd)) };
}

function asksBecause(access: Access, ask: Rule | undefined, own: readonly OwnPath[]) {
  if (ask) return `A rule of this project asks each time before ${describeRule(ask, "ask")}.`;
  return access.kind === "edit" ? whySelfExecuting(access.path, own) : undefined;
}

function approvalOf(
  access: Access,
  isInside: boolean,
  cwd: string,
  always: Rule[],
  reason?: string,
): AskedApproval {
  const more = defined({ always, asksBecause: reason });
  if (access.kind !== "command")
    return {
      kind: access.kind,
      ...(isInside ? {} : { outside: true }),
      subject: relativeTo(access.path, cwd),
      ...more,
    };
  const { kind, command: subject, directory } = access;
  return {
    kind,
    subject,
    ...(directory === cwd ? {} : { directory: relativeTo(directory, cwd) }),
    ...more,
  };
}
