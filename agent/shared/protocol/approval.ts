/** Approvals: what a tool call wants to do, what a person replies, and the rules that reply for them. */
import type { Permissions } from "./session";

/** What a rule covers. Nothing of it is a pattern: names, paths and commands mean themselves. */
export type Rule = CommandRule | PathRule | ToolRule;

export interface CommandRule {
  kind: "command";
  /**
   * "exact": this command and no other. "prefix": one simple command that begins with these words; as an allowance, with
   * further names and paths, but no further options.
   */
  match: "exact" | "prefix";
  command: string;
  /** Where the shell is, if not in the working directory: as an allowance it covers no other directory. */
  directory?: string;
  /** Of the shell's variables, functions, aliases and options, if commands have changed any: as an allowance it covers no others. */
  state?: string;
  /** Of an engine's shell whose directory is not known: as an allowance it covers only commands of such a shell. */
  anywhere?: true;
  /** Given in plan mode: as an allowance it covers only commands that write no file and reach no network. */
  readsOnly?: true;
}

export interface PathRule {
  kind: "read" | "edit";
  /** "directory": everything inside. */
  match: "file" | "directory";
  /** Relative to the working directory when inside ("." is the working directory itself), else absolute. Without links. */
  path: string;
}

/** Of what is neither a command nor a path: a web fetch, a tool of an MCP server. */
export interface ToolRule {
  kind: "tool";
  /** The tool's name, as approvals show it. */
  tool: string;
  /** "tool": whatever it is about. "exact": only about `subject`. "host": any address at the host `subject`. */
  match: "tool" | "exact" | "host";
  /** With "exact" and "host"; of a host in lower case, with its port unless that is the usual one. */
  subject?: string;
}

/** A rule that a session has been given: an "always", which allows. */
export interface AllowedRule {
  id: string;
  rule: Rule;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

/**
 * allow: it is not asked. ask: it is asked each time, whatever allows it. deny: the call fails, and the model is told why.
 * deny wins over ask, ask over allow. A denied command is refused as the model plainly writes it: a shell can say the same
 * in other words. What must not happen needs the sandbox.
 */
export type RuleEffect = "allow" | "ask" | "deny";

/** A rule for all sessions in a working directory. */
export interface ProjectRule extends AllowedRule {
  effect: RuleEffect;
}

/** `GET /api/rules?cwd=`: the rules of a project; `cwd` is its directory without links. */
export interface ProjectRules {
  cwd: string;
  rules: ProjectRule[];
}

/** What suggestions for a directory are chosen by. */
export interface DirectoryFacts {
  isEmpty: boolean;
  /** Its changes can be reviewed. */
  hasRepository: boolean;
  hasTests: boolean;
}

/** `GET /api/directory/files?cwd=&query=&limit=`: paths below `cwd`, a directory without links, the best first. */
export interface DirectoryFiles {
  cwd: string;
  /** Relative; a folder ends with a slash. What the directory's ignore files exclude is not among them. */
  files: string[];
  /** There are more files than are looked at. */
  isPartial?: true;
  /** They were listed before this request: the same one with `newest` waits until they are listed anew. */
  isOld?: true;
}

export interface Approval {
  id: string;
  /** plan: what the agent would do, for a person to approve. */
  kind: "command" | "edit" | "read" | "tool" | "plan";
  /** Of kind "tool": its name. */
  tool?: string;
  /** It reads or edits outside the working directory. */
  outside?: true;
  /**
   * Whole and unchanged: the command with its line breaks, the path without links, relative when inside, or what the tool is
   * about, which may be empty. Of a plan: all of it, in Markdown.
   */
  subject: string;
  /** One call that reads or edits several paths: the others, as `subject`. */
  alsoPaths?: string[];
  /** Commands: the shell's directory, when that is not the working directory. */
  directory?: string;
  /** Commands: the engine does not say in which directory its shell is. */
  anywhere?: true;
  /** Commands, in plan mode: it writes no file and reaches no network. */
  readsOnly?: true;
  /** SHA-256 (hex) of the tool, its input, and what that leads to. A reply is for this call only: it repeats the digest. */
  digest: string;
  /** What an "always" may cover, narrowest first; empty when it asks each time. `describeRule` has the words. */
  always: Rule[];
  /** Why it asks each time, as a sentence for people. */
  asksBecause?: string;
  reply?: ApprovalReply;
}

/**
 * "session" and "project" also allow what `always[rule]` covers: in this session, in all sessions of the working directory.
 * `message`: for the model. "plan" approves a plan, as `text` where a person has edited it, and gives the session these
 * permissions.
 */
export type ApprovalReply =
  | { decision: "once"; digest: string }
  | { decision: "session" | "project"; digest: string; rule: number }
  | PlanApproval
  | { decision: "deny"; message?: string };

export interface PlanApproval {
  decision: "plan";
  digest: string;
  permissions: Exclude<Permissions, "plan">;
  text?: string;
}
