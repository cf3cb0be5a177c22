/** The role of subagents: a Markdown file whose front matter says what they have, and whose text is what they are told. */
import { defined } from "../../shared/defined";
import { efforts, type RoleFacts } from "../../shared/protocol";
import { digestOf } from "../trust/digest";
import { firstLine, maxNotes, type ReadFile } from "./command-file";
import type { ActingRole, ReadDefinition } from "./definition-types";
import { type Field, type FrontMatter, readFrontMatter, unusedNote } from "./front-matter";
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
  if (["disable", "disabled"].some((key) => fields.get(key) === "true"))
    return "it says that it is switched off.";
  const notes = [...matter.notes, ...unusedNote(matter, unused)];
  if (matter.keys.has("permission"))
    notes.push(
      "Of its permission only what denies a whole tool counts; all else is asked about as ever.",
    );
  const facts = factsOf(matter, notes);
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

function factsOf(matter: FrontMatter, notes: string[]): RoleFacts {
  const { fields } = matter;
  const effort = efforts.find((one) => one === textField(fields, "effort"));
  const turns = Number(
    ["turns", "maxTurns", "maxSteps", "steps"].map((key) => textField(fields, key)).find(Boolean),
  );
  return defined({
    ...toolsOf(matter, notes),
    ...modelOf(fields),
    effort,
    turns: Number.isInteger(turns) && turns >= 1 ? Math.min(turns, maxTurns) : undefined,
  });
}

/** What the file takes away counts in each of its forms: a list with nothing usable in it is no tools, and never all. */
function toolsOf(
  { keys, fields }: FrontMatter,
  notes: string[],
): Pick<RoleFacts, "tools" | "withoutTools"> {
  const key = ["tools", "allowed-tools"].find((one) => keys.has(one));
  const said = [
    key === undefined ? {} : listedIn(fields.get(key)),
    permittedIn(fields.get("permission")),
    { without: listedNames(listField(fields, "disallowedTools") ?? []) },
  ];
  const lists = said.flatMap(({ only }) => (only === undefined ? [] : [known(only, notes)]));
  const without = said.flatMap((one) => one.without ?? []);
  for (const one of without)
    if (/[(*]/.test(one) && toolNameOf(one) === undefined && notes.length < maxNotes)
      notes.push(`“${quoted(one, 100)}” takes nothing away: that is only done by the tool.`);
  const withoutTools = [...new Set(without.flatMap((one) => toolNameOf(one) ?? []))];
  return defined({
    tools: lists[0]?.filter((one) => lists.every((list) => list.includes(one))),
    withoutTools: withoutTools.length === 0 ? undefined : withoutTools,
  });
}

/** As the file writes them. */
interface NamedTools {
  /** These, and no others. */
  only?: string[];
  without?: string[];
}

/** A list, or opencode’s map of yes and no. What is neither names none. */
function listedIn(field: Field | undefined): NamedTools {
  if (typeof field === "string" || Array.isArray(field)) return { only: listedNames(field) };
  const isMap = field && Object.values(field).every((one) => typeof one === "boolean");
  return isMap ? namedIn(field, false) : { only: [] };
}

/** opencode’s permissions: of those, only what denies a whole tool counts. To edit is to write, too. */
function permittedIn(field: Field | undefined): NamedTools {
  if (field === "deny") return { only: [] };
  if (typeof field !== "object" || Array.isArray(field)) return {};
  const { edit } = field;
  return namedIn(edit === undefined ? field : { ...field, write: edit }, "deny");
}

/** `*`: all others. */
function namedIn(map: Record<string, boolean | string>, off: boolean | string): NamedTools {
  const names = Object.keys(map).filter((name) => name !== "*");
  const without = names.filter((name) => map[name] === off);
  return map["*"] === off
    ? { only: names.filter((name) => map[name] !== off), without }
    : { without };
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
  "permissions",
  "hooks",
  "mcpServers",
  "isolation",
  "skills",
  "memory",
];
