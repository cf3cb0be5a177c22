/** A command of a person or a project: a Markdown file, whose name is the command's. */
import { defined } from "../../shared/defined";
import type { DefinitionOrigin, Rule } from "../../shared/protocol";
import { commandCall } from "../../shared/requests/definition-schemas";
import { describeRule } from "../../shared/rules";
import { builtInCommands } from "../../shared/built-in-commands";
import { digestOf } from "../trust/digest";
import { commandLines, maxCommandLines } from "./command-lines";
import type { ActingCommand, ReadDefinition } from "./definition-types";
import { type FrontMatter, readFrontMatter, unusedNote } from "./front-matter";
import { listField, quoted, textField } from "./shown-text";
import { granted, listedNames } from "./tool-aliases";

export interface ReadFile {
  origin: DefinitionOrigin;
  /** As people are shown it. */
  path: string;
  /** From the place where it was looked for. */
  name: string;
  text: string;
}

/** Or why it cannot be used, as a clause that follows the path. */
export function readCommand({
  origin,
  path,
  name: file,
  text,
}: ReadFile): ReadDefinition<ActingCommand> | string {
  const name = file.replace(/\.md$/i, "").normalize("NFC");
  if (!commandCall.shape.name.safeParse(name).success)
    return "its name is none of a command: letters, digits, “.”, “_” and “-” in each part.";
  if (builtInCommands.has(name)) return `/${name} is a command of Rein itself.`;
  const matter = readFrontMatter(text);
  const { fields, body } = matter;
  const notes = [...matter.notes, ...unusedNote(matter, ["hooks", "context"])];
  if (body === "") return "it says nothing.";
  const lines = commandLines(body);
  if (lines.length > maxCommandLines) return `more than ${maxCommandLines} lines of it run.`;
  const grants = grantsOf(fields, notes);
  const shared = {
    name,
    origin,
    path,
    digest: digestOf({ kind: "command", text }),
    description: textField(fields, "description") ?? firstLine(body),
    notes,
    runs: lines.map(({ command }) => command),
    ...defined({ argumentHint: textField(fields, "argument-hint") }),
  };
  return {
    shown: { ...shared, kind: "command", text, grants: grants.map((rule) => describeRule(rule)) },
    use: {
      ...shared,
      text: withRole(body, fields, notes),
      grants,
      ...defined({ model: textField(fields, "model") }),
    },
  };
}

const maxDescription = 300;

/** Of a file without a description. */
export function firstLine(body: string): string {
  const line = body.split("\n", 1)[0]!.replace(/^#+\s*/, "");
  return quoted(line, maxDescription);
}

function grantsOf(fields: FrontMatter["fields"], notes: string[]): Rule[] {
  const grants: Rule[] = [];
  for (const entry of listedNames(listField(fields, "allowed-tools") ?? [])) {
    const rule = granted(entry);
    if (rule !== undefined) grants.push(rule);
    else if (!needless.test(entry) && notes.length < maxNotes)
      notes.push(`Its allowed tool “${quoted(entry, 100)}” allows nothing here.`);
  }
  return grants;
}

/** They ask for nothing inside the working directory as it is. */
const needless = /^(?:read|glob|grep|ls|todowrite)$/i;
export const maxNotes = 20;

/** opencode's `agent` and `subtask`, said to the model: it sends out the subagent. */
function withRole(body: string, fields: FrontMatter["fields"], notes: string[]): string {
  const agent = textField(fields, "agent");
  const isSubtask = fields.get("subtask") === "true";
  if (agent === "plan" || agent === "build") {
    notes.push(`Its agent “${agent}” is not used: the permission of the session stays as it is.`);
    return body;
  }
  if (agent !== undefined) return `${body}\n\nUse a subagent of the role “${agent}” for this.`;
  return isSubtask ? `${body}\n\nUse a subagent for this.` : body;
}
