/** How Claude Code names a tool and its input, so that scripts that were written for its hooks read Rein's calls. */
import { resolve } from "node:path";

/** The first is what a hook reads. Source: https://code.claude.com/docs/en/hooks, “PreToolUse input”. */
const names: Readonly<Record<string, readonly [string, ...string[]]>> = {
  bash: ["Bash"],
  read: ["Read"],
  write: ["Write"],
  edit: ["Edit", "MultiEdit"],
  // It is there in the place of these.
  apply_patch: ["Edit", "MultiEdit", "Write", "edit", "write"],
  glob: ["Glob"],
  grep: ["Grep"],
  fetch: ["WebFetch"],
  search: ["WebSearch"],
  subagent: ["Task", "Agent"],
  skill: ["Skill"],
  todo: ["TodoWrite"],
  plan: ["ExitPlanMode"],
};

/** A tool that it has not keeps its own name; those of MCP servers are named alike. */
export function claudeName(tool: string): string {
  return othersOf(tool)[0] ?? tool;
}

/** Those by which a hook can be for this tool. */
export function namesOf(tool: string): readonly string[] {
  return [tool, ...othersOf(tool)];
}

function othersOf(tool: string): readonly string[] {
  return Object.hasOwn(names, tool) ? names[tool]! : [];
}

export interface ToolInput {
  /** The file that it is about, where the call changes several. */
  path?: string;
  input: unknown;
}

/**
 * The call's input, with the same under Claude Code's names besides: once for each of `paths`, the files that the call reads
 * or changes (absolute, without links), since there a call has one file, and a script looks at that one alone.
 */
export function toolInputs(input: unknown, cwd: string, paths: readonly string[]): ToolInput[] {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return [{ input }];
  const own: Fields = { ...input };
  if (paths.length === 0) {
    const { path } = own;
    const file = typeof path === "string" ? { file_path: resolve(cwd, path) } : {};
    return [{ input: { ...own, ...file, ...renamed(own) } }];
  }
  return paths.map((path) => ({
    ...(paths.length > 1 && { path }),
    input: { ...own, file_path: path, ...textsOf(own, cwd, path, paths) },
  }));
}

type Fields = Record<string, unknown>;

function textsOf(own: Fields, cwd: string, path: string, paths: readonly string[]): Fields {
  // Of a patch: all that it adds anywhere.
  if (typeof own["input"] === "string")
    return { new_string: own["input"].replaceAll(/^(?!\+).*\n?|^\+/gm, "") };
  if (!Array.isArray(own["edits"])) return renamed(own);
  const all: Fields[] = own["edits"];
  const fileOf = (edit: Fields) => resolve(cwd, String(edit["path"]));
  // One behind a link could be of each of them.
  const its = all.filter((edit) => fileOf(edit) === path || !paths.includes(fileOf(edit)));
  const texts = (field: string) => its.map((edit) => edit[field]).join("\n");
  return {
    old_string: texts("oldText"),
    new_string: texts("newText"),
    edits: its.map((edit) => ({ ...edit, ...renamed(edit) })),
  };
}

const otherFields = { oldText: "old_string", newText: "new_string", replaceAll: "replace_all" };

function renamed(own: Fields): Fields {
  return Object.fromEntries(
    Object.entries(otherFields).flatMap(([name, other]) =>
      own[name] === undefined ? [] : [[other, own[name]]],
    ),
  );
}

/** What the tool has done, as an object: there it is one, whose fields depend on the tool. */
export function toolResponse(tool: string, output: string, path: string | undefined): Fields {
  return {
    output,
    ...(tool === "bash" && { stdout: output, stderr: "" }),
    ...(path !== undefined && { filePath: path }),
  };
}
