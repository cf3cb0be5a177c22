/** The guards of what projects bring, and of the answers about it. */
import type { Guard } from "./guard";

export const definitionGuards: Guard[] = [
  {
    promise: "answers that cannot be saved do not count",
    file: "server/trust/project-answers.ts",
    find: "    writeJson(this.#path, { projects: Object.fromEntries(next) });\n    this.#projects = next;",
    replace:
      "    this.#projects = next;\n    writeJson(this.#path, { projects: Object.fromEntries(next) });",
    tests: ["project-answers.test.ts"],
    title: "none of the answers is kept",
  },
];
