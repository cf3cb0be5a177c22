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
  /** `because`: for the model. */
  | { is: "denied"; because: string }
  | { is: "asked"; approval: AskedApproval };

interface Grants extends Pick<Session, "permissions"> {
  allowed: readonly { rule: Rule }[];
}

/**
 * A denial wins over everything, and plan mode, which denies each edit, over all that allows. A file tool's look at Rein's own data is asked each time, and "all" asks nothing else.
 * Else what a hook (`asks`: why) or the project's rules say to ask, and an edit of a path that runs by itself, is asked each time. `cwd` is the session's directory without links; `own`, Rein's own directories.
 */
export function permissionFor(
  access: Access,
  { permissions, allowed }: Grants,
  rules: readonly ProjectRule[],
  cwd: string,
  own: readonly OwnPath[],
  asks?: string,
): Permission {
  const ruleWith = (effect: ProjectRule["effect"]) =>
    rules.find((one) => one.effect === effect && ruleConcerns(one.rule, access, cwd))?.rule;
  const denied = ruleWith("deny");
  if (denied) return { is: "denied", because: forbidden(denied) };
  if (access.kind === "plan") return { is: "asked", approval: approvalOf(access, true, cwd, []) };
  const isPlanning = permissions === "plan";
  if (isPlanning && access.kind === "edit") return { is: "denied", because: editsNothing };
  const paths = pathsOf(access);
  const secret = firstReason(paths, cwd, (path) => whySecret(path, own));
  if (permissions === "all" && secret === undefined && asks === undefined) return { is: "allowed" };
  const isInside = paths.length > 0 && paths.every(({ path }) => isWithin(path, cwd));
  const reason =
    secret ??
    asks ??
    asksBecause(access, ruleWith("ask"), cwd, own) ??
    (isPlanning && mayChange(access) ? asksInPlanMode : undefined);
  if (reason !== undefined)
    return { is: "asked", approval: approvalOf(access, isInside, cwd, [], reason) };
  if (isInside && (access.kind === "read" || permissions === "edits")) return { is: "allowed" };
  const allowances = [...allowed, ...rules.filter(({ effect }) => effect === "allow")];
  if (allowances.some(({ rule }) => ruleCovers(rule, access, cwd))) return { is: "allowed" };
  return { is: "asked", approval: approvalOf(access, isInside, cwd, offeredRules(access, cwd)) };
}

const editsNothing =
  "The session is in plan mode, in which no file is changed, so nothing was run. Only the user can end plan mode, by approving your plan: go on reading, then call the plan tool if you have it.";

const asksInPlanMode =
  "In plan mode this asks each time: Rein cannot know whether it changes something.";

/** Of what is neither a path nor a command only the web is known to be read. */
function mayChange(access: Access): boolean {
  return access.kind === "tool" && !readingTools.has(access.tool);
}

const readingTools = new Set(["fetch", "search"]);

function forbidden(rule: Rule): string {
  return (
    `A rule of this project forbids ${describeRule(rule, "deny")}, so nothing was run. ` +
    "Do not try it in another way; tell the user if you need it."
  );
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
  if (access.kind !== "read" && access.kind !== "edit") return [];
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
  if (access.kind === "plan") return { kind: access.kind, subject: access.plan, ...more };
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
  const { kind, command, arguments: typed, directory, anywhere, readsOnly } = access;
  return {
    kind,
    subject: typed === undefined ? command : `${command}\n# ARGUMENTS=${JSON.stringify(typed)}`,
    ...(readsOnly && { readsOnly }),
    ...(directory === cwd ? {} : { directory: relativeTo(directory, cwd) }),
    ...(anywhere && { anywhere }),
    ...more,
  };
}
