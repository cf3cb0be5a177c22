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
    if (ofTheSession.has(name)) return false;
    const names = equivalents.get(name) ?? [[name]];
    if (
      withoutTools.includes(name) ||
      names.some((one) => one.every((part) => withoutTools.includes(part)))
    )
      return false;
    return tools === undefined || names.some((one) => one.every((part) => tools.includes(part)));
  });
}

/** Each by any of these sets of names. */
const equivalents = new Map([
  ["apply_patch", [["apply_patch"], ["edit", "write"]]],
  ["edit", [["edit"], ["apply_patch"]]],
  ["write", [["write"], ["apply_patch"]]],
]);
