/** The rules that are kept for projects, in a file that only its owner can read. */
import { z } from "zod";
import type { ProjectRule, Rule, RuleEffect } from "../../shared/protocol";
import { projectRule } from "../../shared/requests";
import { readJson, writeJson } from "../json-file";

export const maxRules = 500;

const schema = z.strictObject({
  projects: z.record(z.string().startsWith("/"), z.array(projectRule).max(maxRules)),
});

/** By real directory: one without links. */
export class RulesFile {
  readonly #path: string;
  #projects: Map<string, ProjectRule[]>;

  /**
   * Throws when the file exists but cannot be read or is not what Rein writes: without it, what is denied would be allowed.
   */
  constructor(path: string) {
    this.#path = path;
    this.#projects = new Map(Object.entries(read(path).projects));
  }

  of(cwd: string): readonly ProjectRule[] {
    return this.#projects.get(cwd) ?? [];
  }

  /**
   * Keeps a rule, and returns it; one that is there already is returned as it is. Undefined when the project has as many
   * as it may. Throws what the file system throws, and then changes nothing.
   */
  add(cwd: string, effect: RuleEffect, rule: Rule): ProjectRule | undefined {
    const rules = this.of(cwd);
    const same = rules.find((one) => one.effect === effect && Bun.deepEquals(one.rule, rule));
    if (same !== undefined) return same;
    if (rules.length >= maxRules) return undefined;
    const added = { id: crypto.randomUUID(), effect, rule, createdAt: Date.now() };
    this.#save(cwd, [...rules, added]);
    return added;
  }

  /** False when there is none of that id. Throws as `add` does. */
  remove(cwd: string, id: string): boolean {
    const rules = this.of(cwd);
    const rest = rules.filter((one) => one.id !== id);
    if (rest.length === rules.length) return false;
    this.#save(cwd, rest);
    return true;
  }

  #save(cwd: string, rules: ProjectRule[]): void {
    const next = new Map(this.#projects);
    if (rules.length > 0) next.set(cwd, rules);
    else next.delete(cwd);
    writeJson(this.#path, { projects: Object.fromEntries(next) });
    this.#projects = next;
  }
}

function read(path: string): z.infer<typeof schema> {
  const stored = readJson({
    path,
    name: "rules",
    parse: (text) => schema.parse(JSON.parse(text)),
    without: "without rules: then nothing is denied",
  });
  return stored ?? { projects: {} };
}
