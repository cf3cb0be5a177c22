/** How Claude Code names a tool and its input, so that scripts that were written for its hooks read Rein's calls. */
import { resolve } from "node:path";

/** Source: https://code.claude.com/docs/en/hooks, “PreToolUse input”. */
const names: Readonly<Record<string, string>> = {
  bash: "Bash",
  read: "Read",
  write: "Write",
  edit: "Edit",
  glob: "Glob",
  grep: "Grep",
  fetch: "WebFetch",
  search: "WebSearch",
  subagent: "Task",
};

/** A tool that it has not keeps its own name; those of MCP servers are named alike. */
export function claudeName(tool: string): string {
  return Object.hasOwn(names, tool) ? names[tool]! : tool;
}

const renamed = { oldText: "old_string", newText: "new_string", replaceAll: "replace_all" };

/** The call's input, with the same under Claude Code's names besides; there a path is absolute. */
export function toolInput(input: unknown, cwd: string): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  const own = input as Record<string, unknown>;
  const added: Record<string, unknown> = {};
  if (typeof own["path"] === "string") added["file_path"] = resolve(cwd, own["path"]);
  for (const [name, other] of Object.entries(renamed))
    if (own[name] !== undefined) added[other] = own[name];
  if (Array.isArray(own["edits"])) added["edits"] = own["edits"].map((one) => toolInput(one, cwd));
  return { ...own, ...added };
}
