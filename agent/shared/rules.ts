/** Rules: what each covers, in words and as a match, and which an approval offers. */
import type { CommandRule, PathRule, Rule, RuleEffect, ToolRule } from "./protocol";
import { extendsPrefix, mentionsPrefix, offeredPrefix } from "./simple-command";
import { t } from "./translation";

/** What a tool call will do, as far as rules are concerned. Paths are absolute and without links. */
export type Access =
  | /** `directory`, `state`: the shell's. */ {
      kind: "command";
      command: string;
      directory: string;
      state?: string;
      /** What a person typed behind a command of which this is a line: bash has it as parameters. Rules are about the line alone. */
      arguments?: string;
      /** The directory of an engine's shell is not known; `directory` is the session's. */
      anywhere?: true;
      /** In plan mode: it writes no file and reaches no network. */
      readsOnly?: true;
    }
  | PathAccess
  | ToolAccess
  | /** Of plan mode: a person approves it, and nothing else can. */ { kind: "plan"; plan: string };

/** Neither a command nor a path: a web fetch, a tool of an MCP server. */
export interface ToolAccess {
  kind: "tool";
  tool: string;
  /** What it is about, whole; may be empty. */
  subject: string;
  /** Of a subject that is an address on the web: its host, as a rule has it. */
  host?: string;
  /** What it does is not known: it is asked about each time, and no allowance covers it. */
  once?: true;
}

export interface PathAccess {
  kind: "read" | "edit";
  path: string;
  /** It reads everything inside. */
  isSearch?: boolean;
  /** An edit that tells of what is there, or moves it to another place. */
  reads?: true;
  /** A file of a git repository without a directory named `.git`, in which it names programs. */
  configuresGit?: boolean;
  /** One call that does the same to several paths: the others. */
  also?: PathAccess[];
}

/** A longer command is allowed once, or not at all. */
export const maxRuleCharacters = 10_000;

/** The longest name of a tool that a rule takes. */
export const maxToolCharacters = 200;

/** Whether an allowance covers all of the access. `cwd` is the session's directory without links. */
export function ruleCovers(rule: Rule, access: Access, cwd: string): boolean {
  if (access.kind === "command") return rule.kind === "command" && coversCommand(rule, access, cwd);
  if (access.kind === "tool") return rule.kind === "tool" && coversTool(rule, access);
  if (access.kind === "plan") return false;
  return rule.kind === access.kind && coversPath(rule, access, cwd);
}

function coversPath(rule: PathRule, access: PathAccess, cwd: string): boolean {
  const path = absolute(rule.path, cwd);
  const isCovered =
    rule.match === "directory"
      ? isWithin(access.path, path)
      : access.path === path && access.isSearch !== true;
  return isCovered && (access.also ?? []).every((one) => coversPath(rule, one, cwd));
}

function coversTool(rule: ToolRule, access: ToolAccess): boolean {
  const { tool, once } = access;
  if (once) return false;
  return rule.tool === tool && isAbout(rule, access);
}

function isAbout({ match, subject }: ToolRule, access: ToolAccess): boolean {
  return match === "tool" || subject === (match === "host" ? access.host : access.subject);
}

function coversCommand(
  rule: CommandRule,
  { command, directory, state, anywhere, readsOnly }: Extract<Access, { kind: "command" }>,
  cwd: string,
): boolean {
  if (rule.anywhere !== anywhere) return false;
  if (rule.readsOnly && !readsOnly) return false;
  if (rule.state !== state) return false;
  if (absolute(rule.directory ?? ".", cwd) !== directory) return false;
  return rule.match === "exact" ? command === rule.command : extendsPrefix(command, rule.command);
}

/** Whether an "ask" or a "deny" concerns any part of the access. Where file systems ignore case, so does this. */
export function ruleConcerns(rule: Rule, access: Access, cwd: string): boolean {
  if (access.kind === "command") return rule.kind === "command" && concernsCommand(rule, access);
  if (access.kind === "tool") return rule.kind === "tool" && concernsTool(rule, access);
  if (access.kind === "plan") return false;
  return rule.kind !== "command" && rule.kind !== "tool" && concernsPath(rule, access, cwd);
}

function concernsPath(rule: PathRule, access: PathAccess, cwd: string): boolean {
  if (access.also?.some((one) => concernsPath(rule, one, cwd))) return true;
  if (rule.kind !== access.kind && !(rule.kind === "read" && access.reads)) return false;
  const [path, wanted] = [foldCase(access.path), foldCase(absolute(rule.path, cwd))];
  if (access.isSearch && isWithin(wanted, path)) return true;
  return rule.match === "directory" ? isWithin(path, wanted) : path === wanted;
}

function concernsCommand(rule: CommandRule, { command }: { command: string }): boolean {
  return rule.match === "exact"
    ? command.trim() === rule.command.trim()
    : mentionsPrefix(command, rule.command);
}

function concernsTool(rule: ToolRule, { tool, subject, host }: ToolAccess): boolean {
  if (rule.tool.toLowerCase() !== tool.toLowerCase()) return false;
  if (rule.match === "host") return host !== undefined && isAtHost(host, rule.subject ?? "");
  return rule.match === "tool" || rule.subject?.trim() === subject.trim();
}

/** A rule without a port concerns each port. */
function isAtHost(host: string, subject: string): boolean {
  const wanted = subject.trim().toLowerCase();
  return host === wanted || host.startsWith(`${wanted}:`);
}

/** A host as rules have it, of a host or a whole address; undefined when it is neither. */
export function ruleHost(text: string): string | undefined {
  const url = URL.parse(/^https?:\/\//i.test(text) ? text : `https://${text}`);
  return url?.host.replace(/\.+(?=$|:)/, "") || undefined;
}

/** What an "always" may cover, narrowest first. `cwd` as above. */
export function offeredRules(access: Access, cwd: string): Rule[] {
  if (access.kind === "plan") return [];
  if (access.kind === "tool") return offeredTools(access);
  if (access.kind !== "command") return offeredPaths(access, cwd);
  const { command, directory, state, anywhere, readsOnly } = access;
  if (command.length > maxRuleCharacters) return [];
  const where = {
    ...(directory === cwd ? {} : { directory: relativeTo(directory, cwd) }),
    ...(state === undefined ? {} : { state }),
    ...(anywhere && { anywhere }),
    ...(readsOnly && { readsOnly }),
  };
  const prefix = offeredPrefix(command);
  return [
    { kind: "command", match: "exact", command, ...where },
    ...(prefix === undefined
      ? []
      : [{ kind: "command" as const, match: "prefix" as const, command: prefix, ...where }]),
  ];
}

function offeredTools({ tool, subject, host, once }: ToolAccess): Rule[] {
  if (once || tool === "" || tool.length > maxToolCharacters) return [];
  const all: Rule = { kind: "tool", match: "tool", tool };
  if (host !== undefined) return [{ kind: "tool", match: "host", tool, subject: host }, all];
  if (subject === "" || subject.length > maxRuleCharacters) return [all];
  return [{ kind: "tool", match: "exact", tool, subject }, all];
}

function offeredPaths(access: PathAccess, cwd: string): Rule[] {
  // What an "always" allows is at least this call.
  if (access.also)
    return offeredForOne(access, cwd).filter((rule) => ruleCovers(rule, access, cwd));
  return offeredForOne(access, cwd);
}

function offeredForOne({ kind, path, isSearch }: PathAccess, cwd: string): Rule[] {
  const shown = relativeTo(path, cwd);
  const own: Rule = { kind, match: isSearch ? "directory" : "file", path: shown };
  const parent = shown.slice(0, Math.max(shown.lastIndexOf("/"), 0));
  if (shown.startsWith("/"))
    return kind === "read" && parent !== ""
      ? [own, { kind, match: "directory", path: parent }]
      : [own];
  const directories = new Set([parent, shown.includes("/") ? shown.split("/", 1)[0]! : "", "."]);
  directories.delete("");
  return [
    own,
    ...[...directories].map((one) => ({ kind, match: "directory" as const, path: one })),
  ];
}

/** What the rule covers, in words that follow "Always allow", "Ask before" or "Never allow". */
export function describeRule(rule: Rule, effect: RuleEffect = "allow"): string {
  if (rule.kind === "tool") return describeTool(rule);
  return rule.kind === "command" ? describeCommand(rule, effect) : describePath(rule);
}

function describeTool({ tool, match, subject }: ToolRule): string {
  if (match === "host")
    return t("{tool} of any address at `{host}`", { tool, host: subject ?? "" });
  return subject === undefined
    ? t("every use of {tool}", { tool })
    : t("{tool} with exactly `{subject}`", { tool, subject });
}

function describeCommand(rule: CommandRule, effect: RuleEffect): string {
  const { match, command, directory, state, anywhere, readsOnly } = rule;
  if (match !== "exact" && effect !== "allow")
    return t("commands that begin with `{command}`", { command });
  let words = match === "exact" ? t("exactly `{command}`", { command }) : `\`${command}\``;
  if (anywhere) words = t("{words}, wherever the engine’s shell is", { words });
  else if (directory !== undefined)
    words = t("{words} in {directory}/", { words, directory: directory === "/" ? "" : directory });
  if (state !== undefined)
    words = t("{words} (as the shell’s variables and functions are)", { words });
  if (readsOnly && effect === "allow") words = t("{words} in plan mode", { words });
  return match === "exact"
    ? words
    : t("{words}, also with further names and paths inside, but no further options", { words });
}

function describePath({ kind, match, path }: PathRule): string {
  const isEdit = kind === "edit";
  if (path === ".")
    return isEdit
      ? t("all edits in the working directory")
      : t("all reading in the working directory");
  const directory = path === "/" ? "" : path;
  if (match === "directory")
    return isEdit
      ? t("edits inside {directory}/", { directory })
      : t("reading inside {directory}/", { directory });
  return isEdit ? t("edits of {path}", { path }) : t("reading {path}", { path });
}

/** The path as rules and approvals show it: relative when inside, "." for `cwd` itself. */
export function relativeTo(path: string, cwd: string): string {
  if (path === cwd) return ".";
  const inside = cwd === "/" ? "/" : `${cwd}/`;
  return path.startsWith(inside) ? path.slice(inside.length) : path;
}

/** As macOS and Windows compare names, which find a file under each of its spellings. */
export function foldCase(path: string): string {
  return path.normalize("NFC").toLowerCase();
}

export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}

function absolute(path: string, cwd: string): string {
  if (path.startsWith("/")) return path;
  if (path === ".") return cwd;
  return cwd === "/" ? `/${path}` : `${cwd}/${path}`;
}
