/** Which tools the subagents of a role have. */
import type { RoleFacts } from "../../shared/protocol";
import type { Tool } from "../tools/tool";

/** Those that steer the session, which no subagent has, whatever its role says. */
const ofTheSession = new Set(["subagent", "plan", "todo", "memory"]);

/**
 * A list is all that they have, tools of MCP servers included; an empty one is none. Where a model edits by patches, that is
 * for who may both edit and write.
 */
export function toolsOf({ tools, withoutTools = [] }: RoleFacts, all: Tool[]): Tool[] {
  return all.filter(({ name }) => {
    const same = inPlaceOf.get(name) ?? [];
    if (ofTheSession.has(name) || [name, ...same].some((one) => isNamed(one, withoutTools)))
      return false;
    if (tools === undefined || isNamed(name, tools)) return true;
    return same.length > 0 && same.every((one) => isNamed(one, tools));
  });
}

/** `mcp__server__*`: all tools of an MCP server. */
function isNamed(name: string, list: readonly string[]): boolean {
  return list.some(
    (one) => one === name || (one.endsWith("__*") && name.startsWith(one.slice(0, -1))),
  );
}

/** What does the same for another model. */
const inPlaceOf = new Map([
  ["apply_patch", ["edit", "write"]],
  ["edit", ["apply_patch"]],
  ["write", ["apply_patch"]],
]);
