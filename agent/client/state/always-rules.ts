/** The rules that an "always" can give, in words. */
import type { Rule } from "../../shared/protocol";
import { describeRule } from "../../shared/rules";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";

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
    words: t("In this session"),
    decision: "session" as const,
    rule: index + 1,
  }));
  const inProject = rules.map((rule, index) => ({
    name: coveredBy(rule),
    words: t("In every session of this directory"),
    decision: "project" as const,
    rule: index,
  }));
  return [...inSession, ...inProject];
}

/** What an exact rule is about stands above, in full. */
export function coveredBy(rule: Rule): string {
  if (rule.kind === "tool" && rule.match === "exact")
    return t("exactly this with {tool}", { tool: visibleString(rule.tool) });
  if (rule.kind !== "command" || rule.match === "prefix") return describeRule(rule);
  if (rule.anywhere) return t("this exact command, wherever the shell is");
  const words =
    rule.directory === undefined
      ? t("this exact command")
      : t("this exact command in {directory}", { directory: visibleString(rule.directory) });
  return rule.readsOnly ? t("{words}, in plan mode", { words }) : words;
}
