/** Whether a tool call may run: by the rules of the project, the session's permissions, and what the session allows. */
import type { Approval, ProjectRule, Rule, Session } from "../../shared/protocol";
import { defined } from "../../shared/defined";
import {
  type Access,
  describeRule,
  isWithin,
  type PathAccess,
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

interface Grants extends Pick<Session, "permissions"> {
  allowed: readonly { rule: Rule }[];
}

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
  const paths = pathsOf(access);
  const secret = firstReason(paths, cwd, (path) => whySecret(path, own));
  if (permissions === "all" && secret === undefined) return { is: "allowed" };
  const isInside = paths.length > 0 && paths.every(({ path }) => isWithin(path, cwd));
  const reason = secret ?? asksBecause(access, ruleWith("ask"), cwd, own);
  if (reason !== undefined)
    return { is: "asked", approval: approvalOf(access, isInside, cwd, [], reason) };
  if (isInside && (access.kind === "read" || permissions === "edits")) return { is: "allowed" };
  const allowances: readonly { rule: Rule }[] = [
    ...allowed,
    ...rules.filter(({ effect }) => effect === "allow"),
  ];
  if (allowances.some(({ rule }) => ruleCovers(rule, access, cwd))) return { is: "allowed" };
  return { is: "asked", approval: approvalOf(access, isInside, cwd, offeredRules(access, cwd)) };
}

function asksBecause(
  access: Access,
  ask: Rule | undefined,
  cwd: string,
  own: readonly OwnPath[],
): string | undefined {
  if (ask) return `A rule of this project asks each time before ${describeRule(ask, "ask")}.`;
  if (access.kind !== "edit") return undefined;
  return firstReason(pathsOf(access), cwd, (path) => whySelfExecuting(path, own));
}

/** All that it reads or edits. */
function pathsOf(access: Access): PathAccess[] {
  if (access.kind === "command" || access.kind === "tool") return [];
  return [access, ...(access.also ?? [])];
}

/** Of several paths the reason names its own. */
function firstReason(
  paths: PathAccess[],
  cwd: string,
  reasonOf: (path: PathAccess) => string | undefined,
): string | undefined {
  for (const path of paths) {
    const reason = reasonOf(path);
    if (reason !== undefined)
      return paths.length === 1 ? reason : `${relativeTo(path.path, cwd)}: ${reason}`;
  }
  return undefined;
}

function approvalOf(
  access: Access,
  isInside: boolean,
  cwd: string,
  always: Rule[],
  reason?: string,
): AskedApproval {
  const more = defined({ always, asksBecause: reason });
  if (access.kind === "tool") {
    const { kind, tool, subject } = access;
    return { kind, tool, subject, ...more };
  }
  if (access.kind !== "command")
    return {
      kind: access.kind,
      ...(isInside ? {} : { outside: true }),
      subject: relativeTo(access.path, cwd),
      ...(access.also && { alsoPaths: access.also.map(({ path }) => relativeTo(path, cwd)) }),
      ...more,
    };
  const { kind, command, arguments: typed, directory, anywhere } = access;
  return {
    kind,
    subject: typed === undefined ? command : `${command}\n# ARGUMENTS=${JSON.stringify(typed)}`,
    ...(directory === cwd ? {} : { directory: relativeTo(directory, cwd) }),
    ...(anywhere && { anywhere }),
    ...more,
  };
}
