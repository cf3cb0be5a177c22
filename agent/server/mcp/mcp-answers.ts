/** What people have answered about the MCP servers of projects, in a file that only its owner can read. */
import { z } from "zod";
import type { McpServerShown } from "../../shared/protocol";
import { readJson, writeJson } from "../json-file";

/** The oldest is forgotten first: it is asked again. */
const maxProjects = 1000;

const shown = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("stdio"),
    command: z.string(),
    args: z.array(z.string()),
    env: z.record(z.string(), z.string().nullable()),
  }),
  z.strictObject({
    type: z.literal("http"),
    url: z.string(),
    headers: z.record(z.string(), z.string().nullable()),
  }),
]);

const keptAnswer = z.strictObject({
  digest: z.string(),
  answer: z.enum(["allow", "refuse"]),
  /** What was answered, for the difference once it changes. */
  server: shown,
  offTools: z.array(z.string()),
});

const schema = z.strictObject({
  projects: z.record(z.string().startsWith("/"), z.record(z.string(), keptAnswer)),
});

export interface KeptAnswer {
  digest: string;
  answer: "allow" | "refuse";
  server: McpServerShown;
  offTools: string[];
}

/** By real directory: one without links. */
export class McpAnswers {
  readonly #path: string;
  #projects: Map<string, Record<string, KeptAnswer>>;

  /** Throws when the file exists but cannot be read or is not what Rein writes. */
  constructor(path: string) {
    this.#path = path;
    const stored = readJson({
      path,
      name: "MCP answers",
      parse: (text) => schema.parse(JSON.parse(text)),
      without: "without answers: then the MCP servers of every project are asked about again",
    });
    this.#projects = new Map(Object.entries(stored?.projects ?? {}));
  }

  of(cwd: string, name: string): KeptAnswer | undefined {
    const answers = this.#projects.get(cwd) ?? {};
    return Object.hasOwn(answers, name) ? answers[name] : undefined;
  }

  /** `names`: the servers that the project has now; answers about others are forgotten. Throws what the file system throws, and then changes nothing. */
  keep(cwd: string, name: string, answer: KeptAnswer, names: readonly string[]): void {
    const rest = Object.entries(this.#projects.get(cwd) ?? {}).filter(([one]) =>
      names.includes(one),
    );
    const next = new Map(this.#projects);
    next.delete(cwd);
    next.set(cwd, { ...Object.fromEntries(rest), [name]: answer });
    for (const oldest of next.keys()) {
      if (next.size <= maxProjects) break;
      next.delete(oldest);
    }
    writeJson(this.#path, { projects: Object.fromEntries(next) });
    this.#projects = next;
  }
}
