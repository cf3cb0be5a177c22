/** The role of subagents: a Markdown file whose front matter says what they have, and whose text is what they are told. */
import { defined } from "../../shared/defined";
import { efforts, type RoleFacts } from "../../shared/protocol";
import { digestOf } from "../trust/digest";
import { firstLine, maxNotes, type ReadFile } from "./command-file";
import type { ActingRole, ReadDefinition } from "./definition-types";
import { type FrontMatter, readFrontMatter, unusedNote } from "./front-matter";
import { listField, quoted, textField } from "./shown-text";
import { listedNames, toolNameOf } from "./tool-aliases";

const namePattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const maxTurns = 200;

/** Or why it cannot be used, as a clause that follows the path. */
export function readRole({
  origin,
  path,
  name: file,
  text,
}: ReadFile): ReadDefinition<ActingRole> | string {
  const matter = readFrontMatter(text);
  const { fields, body } = matter;
  const name = textField(fields, "name") ?? file.replace(/^.*\//, "").replace(/\.md$/i, "");
  if (!namePattern.test(name) || name.length > 64)
    return "its name is none of a role: small letters and digits, with “-” between them.";
  if (fields.get("mode") === "primary")
    return "it is an agent that talks to the person (mode: primary), and no role.";
  const notes = [...matter.notes, ...unusedNote(matter, unused)];
  const facts = factsOf(fields, notes);
  const shared = {
    name,
    origin,
    path,
    digest: digestOf({ kind: "role", text }),
    description: textField(fields, "description") ?? firstLine(body),
    notes,
  };
  return {
    shown: { ...shared, kind: "role", text, runs: [], grants: [], role: facts },
    use: { ...shared, text: body, facts },
  };
}

function factsOf(fields: FrontMatter["fields"], notes: string[]): RoleFacts {
  const effort = efforts.find((one) => one === textField(fields, "effort"));
  const turns = Number(
    ["turns", "maxTurns", "maxSteps", "steps"].map((key) => textField(fields, key)).find(Boolean),
  );
  const { tools, withoutTools } = toolsOf(fields, notes);
  return defined({
    tools,
    withoutTools,
    ...modelOf(fields),
    effort,
    turns: Number.isInteger(turns) && turns >= 1 ? Math.min(turns, maxTurns) : undefined,
  });
}

/** A list with nothing usable in it is no tools, and never all. */
function toolsOf(
  fields: FrontMatter["fields"],
  notes: string[],
): Pick<RoleFacts, "tools" | "withoutTools"> {
  const map = ["tools", "allowed-tools"]
    .map((key) => fields.get(key))
    .find((one) => typeof one === "object" && !Array.isArray(one));
  const listed = listField(fields, "tools") ?? listField(fields, "allowed-tools");
  const without = listField(fields, "disallowedTools") ?? [];
  const off =
    map === undefined
      ? []
      : Object.entries(map as Record<string, boolean>).flatMap(([key, isOn]) =>
          isOn ? [] : [key],
        );
  const withoutTools = [...listedNames(without), ...off].flatMap((one) => toolNameOf(one) ?? []);
  return defined({
    tools: listed === undefined ? undefined : known(listedNames(listed), notes),
    withoutTools: withoutTools.length === 0 ? undefined : [...new Set(withoutTools)],
  });
}

function known(names: string[], notes: string[]): string[] {
  const tools = new Set<string>();
  for (const name of names) {
    const tool = toolNameOf(name);
    if (tool !== undefined) tools.add(tool);
    else if (notes.length < maxNotes)
      notes.push(`Its tool “${quoted(name, 100)}” is none that a subagent can have.`);
  }
  return [...tools];
}

/** `provider/model`, a model's name, or as two fields. `inherit` is the session's. */
function modelOf(fields: FrontMatter["fields"]): Pick<RoleFacts, "provider" | "model"> {
  const named = textField(fields, "model");
  const provider = textField(fields, "provider");
  if (named === undefined || named === "inherit") return defined({ provider });
  const slash = provider === undefined ? named.indexOf("/") : -1;
  return slash > 0
    ? { provider: named.slice(0, slash), model: named.slice(slash + 1) }
    : defined({ provider, model: named });
}

const unused = [
  "permissionMode",
  "permission",
  "hooks",
  "mcpServers",
  "isolation",
  "skills",
  "memory",
];
