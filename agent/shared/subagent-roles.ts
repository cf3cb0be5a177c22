/** What subagents are sent out for, in the words of the page and of the tool's description. */
import type { SubagentRole } from "./protocol";

export const roleIds = ["simple", "complex", "researcher"] as const satisfies SubagentRole[];

export const subagentRoles: Record<SubagentRole, { name: string; use: string }> = {
  simple: { name: "Simple task", use: "A small, clear job of a few steps" },
  complex: { name: "Complex task", use: "Work with many steps" },
  researcher: { name: "Research", use: "Looks things up, and changes nothing" },
};
