/** What subagents are sent out for, in the words of the page and of the tool's description. */
import type { SubagentRole } from "./protocol";

export const roleIds = ["simple", "complex", "researcher"] as const satisfies SubagentRole[];

export const subagentRoles: Record<SubagentRole, { name: string; use: string }> = {
  simple: { name: "Simple task", use: "a small task" },
  complex: { name: "Complex task", use: "work with many steps" },
  researcher: { name: "Research", use: "looks things up and changes nothing" },
};
