/** What subagents are sent out for, in the words of the page and of the tool's description. */
import type { Subagent } from "./protocol";

/** The built-in ones. */
export const roleIds = ["simple", "complex", "researcher"] as const;

export type BuiltInRole = (typeof roleIds)[number];

export const subagentRoles: Record<BuiltInRole, { name: string; use: string }> = {
  simple: { name: "Simple task", use: "A small, clear job of a few steps" },
  complex: { name: "Complex task", use: "Work with many steps" },
  researcher: { name: "Research", use: "Looks things up, and changes nothing" },
};

export function isRole(name: string): name is BuiltInRole {
  return roleIds.some((role) => role === name);
}

/** What it was sent out for; of one that an engine has sent out by itself, the engine's own word. */
export function roleOf({ role, kind }: Subagent): { name: string; use: string } {
  if (role !== undefined)
    return isRole(role) ? subagentRoles[role] : { name: role, use: "A role of its own" };
  return { name: kind ?? "Subagent", use: "Sent out by the engine" };
}
