/** The rules that an "always" can give, in words. */
import type { Rule } from "../../shared/protocol";
import { describeRule } from "../../shared/rules";
import { visibleString } from "../../shared/visible-text";

export interface AlwaysWay {
  name: string;
  words: string;
  decision: "session" | "project";
  /** Its place among the approval's rules. */
  rule: number;
}

/** All but the narrowest in this session, which has a button of its own. `rules`: narrowest first. */
export function moreWays(rules: Rule[]): AlwaysWay[] {
  const inSession = rules.slice(1).map((rule, index) => ({
    name: coveredBy(rule),
    words: "In this session",
    decision: "session" as const,
    rule: index + 1,
  }));
  const inProject = rules.map((rule, index) => ({
    name: coveredBy(rule),
    words: "In every session of this directory",
    decision: "project" as const,
    rule: index,
  }));
  return [...inSession, ...inProject];
}

/** What an exact rule is about stands above, in full. */
export function coveredBy(rule: Rule): string {
  if (rule.kind === "tool" && rule.match === "exact")
    return `exactly this with ${visibleString(rule.tool)}`;
  if (rule.kind !== "command" || rule.match === "prefix") return describeRule(rule);
  if (rule.anywhere) return "this exact command, wherever the shell is";
  const mode = rule.readsOnly ? ", in plan mode" : "";
  return rule.directory === undefined
    ? `this exact command${mode}`
    : `this exact command in ${visibleString(rule.directory)}${mode}`;
}
