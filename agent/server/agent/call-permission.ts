/** Makes sure that a tool call is allowed, asking a person where nothing has allowed it yet. */
import type { Access, PathAccess } from "../../shared/rules";
import type {
  Approval,
  ApprovalReply,
  Permissions,
  Rule,
  Session,
  ToolCallPart,
} from "../../shared/protocol";
import { defined } from "../../shared/defined";
import { findWorkingDirectory } from "../files/working-directory";
import { newId } from "../id";
import { log } from "../log";
import { callDigest } from "../rules/call-digest";
import { configuresGit } from "../rules/git-directory";
import { permissionFor, type Permission } from "../rules/permission";
import type { RulesFile } from "../rules/rules-file";
import type { OwnPath } from "../rules/self-executing";
import { ToolError } from "../tools/tool";
import type { Approvals } from "./approvals";
import type { PauseGate } from "./pause-gate";
import type { MessageName, Send } from "./turn-types";

/** By what a call is allowed. */
export interface Allowing {
  session: Session;
  pauseGate: Pick<PauseGate, "idle">;
  approvals: Approvals;
  rules: RulesFile;
  own: readonly OwnPath[];
  /** What a command of the person allows in this run. */
  granted: readonly Rule[];
  /** Nobody is asked. */
  unattended: boolean;
  /** Adds to what the session allows, at once. False when there is no room for it. */
  remember(rule: Rule): boolean;
  /** Gives the session these permissions, at once. */
  permit(permissions: Permissions): void;
}

/** A call as it stands now: what it does and where, and the digest of both. */
export interface CheckedCall {
  access: Access;
  cwd: string;
  digest: string;
  /** Why a person is asked, whatever allows it: a hook of theirs says so. */
  asks?: string;
}

/** Throws ToolError when the working directory is gone or another one, the signal's reason when it aborts. */
export async function checkedCall(
  tool: string,
  input: unknown,
  directory: string,
  access: Access,
  signal: AbortSignal,
  asks?: string,
): Promise<CheckedCall> {
  const found = await findWorkingDirectory(directory, signal);
  if ("problem" in found) throw new ToolError(found.problem);
  const known = access.kind === "edit" ? await withGit(access, signal) : access;
  // A plan is asked about in any case.
  const because = known.kind === "plan" ? undefined : asks;
  const digest = callDigest(tool, input, directory, known, because);
  return { access: known, cwd: directory, digest, ...defined({ asks: because }) };
}

async function withGit(access: PathAccess, signal: AbortSignal): Promise<PathAccess> {
  const inGit = await configuresGit(access.path, signal);
  const known = inGit ? { ...access, configuresGit: true } : access;
  if (known.also === undefined) return known;
  return { ...known, also: await Promise.all(known.also.map((one) => withGit(one, signal))) };
}

/** The digest that was allowed by a reply, before a server ended in a pause of the run. */
export function repliedDigest({ approval }: ToolCallPart): string | undefined {
  const reply = approval?.reply;
  if (reply === undefined || reply.decision === "deny") return undefined;
  if (reply.decision === "plan" && approval?.kind !== "plan") return undefined;
  return reply.digest === approval?.digest ? reply.digest : undefined;
}

/**
 * True when the call is allowed as it stands; false when it had to be asked and was allowed: time has passed, so it is to
 * be looked at again. Throws ToolError on a denial, the signal's reason on an abort.
 */
export async function allowCall(
  by: Allowing,
  call: CheckedCall,
  replied: string | undefined,
  part: MessageName & { partId: string },
  send: Send,
  signal: AbortSignal,
): Promise<boolean> {
  const { digest } = call;
  const permission = permissionOf(by, call);
  if (permission.is === "denied") throw new ToolError(permission.because);
  if (permission.is === "allowed" || digest === replied) return true;
  if (by.unattended) throw new ToolError(unattended(permission.approval));
  signal.throwIfAborted();
  const approval = { id: newId(), digest, ...permission.approval };
  // The reply can come as soon as the request is sent, so the wait begins in the same tick.
  send({ type: "approval-request", ...part, approval }).catch((err: unknown) =>
    log.error({ err }, "A permission request was lost"),
  );
  using _idle = by.pauseGate.idle();
  const reply = await by.approvals.wait(
    approval.id,
    {
      sessionId: by.session.id,
      digest,
      offered: approval.always.length,
      isPlan: approval.kind === "plan",
      isAllowed: () => permissionOf(by, call).is === "allowed",
      keep: (reply) => keep(by, call.cwd, approval, reply),
    },
    signal,
  );
  await send({ type: "approval-reply", ...part, reply });
  if (reply.decision === "deny") throw denial(approval, by.session, reply.message);
  return false;
}

function unattended({ asksBecause = "A rule can allow it." }: Pick<Approval, "asksBecause">) {
  return `Nobody is asked in this run, so it was not run. ${asksBecause}`;
}

function permissionOf(
  { session, rules, own, granted }: Allowing,
  { access, cwd, asks }: CheckedCall,
): Permission {
  const { permissions, allowed } = session;
  const grants = { permissions, allowed: [...allowed, ...granted.map((rule) => ({ rule }))] };
  return permissionFor(access, grants, rules.of(cwd), cwd, own, asks);
}

function keep(
  by: Allowing,
  cwd: string,
  { kind, always }: Pick<Approval, "kind" | "always">,
  reply: ApprovalReply,
): boolean {
  if (kind === "plan" && reply.decision !== "deny")
    by.permit(reply.decision === "plan" ? reply.permissions : "ask");
  if (reply.decision !== "session" && reply.decision !== "project") return true;
  const rule = always[reply.rule]!;
  if (reply.decision === "project") return by.rules.add(cwd, "allow", rule) !== undefined;
  // The session has changed its directory meanwhile: the rule is not for that one, in which the call is asked again.
  return by.session.cwd !== cwd || by.remember(rule);
}

/** A person has said what to do instead. */
export class DenialWithWords extends ToolError {}

function denial(
  { kind }: Pick<Approval, "kind">,
  { permissions }: Pick<Session, "permissions">,
  message: string | undefined,
): ToolError {
  const ofPlan =
    permissions === "plan"
      ? "You are still in plan mode: change the plan as they want it and call the tool again, or ask them what is missing."
      : "Plan mode is over all the same.";
  const words =
    kind === "plan"
      ? `The user did not approve this plan. ${ofPlan}`
      : "The user did not allow this, so nothing was run.";
  return message ? new DenialWithWords(`${words} They said: ${message}`) : new ToolError(words);
}
