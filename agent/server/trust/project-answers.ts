/** What people have answered about what projects bring, in a file that only its owner can read. */
import { z } from "zod";
import { readJson, writeJson } from "../json-file";

/** The oldest is forgotten first: it is asked again. */
const maxProjects = 1000;

/** An answer is for the bytes whose digest was shown, and for no others. */
export interface KeptAnswer {
  digest: string;
  answer: "allow" | "refuse";
}

export interface AnswersFile<Answer extends KeptAnswer> {
  path: string;
  /** As people call it: "MCP answers". */
  name: string;
  /** What a start without the file is: "without answers". */
  without: string;
  answer: z.ZodType<Answer>;
}

/** By real directory, one without links, and by the name of what was answered about. */
export class ProjectAnswers<Answer extends KeptAnswer> {
  readonly #path: string;
  #projects: Map<string, Record<string, Answer>>;

  /** Throws when the file exists but cannot be read or is not what Rein writes. */
  constructor({ answer, ...file }: AnswersFile<Answer>) {
    this.#path = file.path;
    const schema = z.strictObject({
      projects: z.record(z.string().startsWith("/"), z.record(z.string(), answer)),
    });
    const stored = readJson({ ...file, parse: (text) => schema.parse(JSON.parse(text)) });
    this.#projects = new Map(Object.entries(stored?.projects ?? {}));
  }

  of(directory: string, name: string): Answer | undefined {
    const answers = this.#projects.get(directory) ?? {};
    return Object.hasOwn(answers, name) ? answers[name] : undefined;
  }

  /**
   * Keeps all of the answers. `isGone`: the project no longer has what was answered about, so that is forgotten. Throws what
   * the file system throws, and then keeps none.
   */
  keep(
    directory: string,
    answers: ReadonlyMap<string, Answer>,
    isGone: (name: string) => boolean,
  ): void {
    const kept = Object.entries(this.#projects.get(directory) ?? {});
    const known = new Map([...kept, ...answers].filter(([name]) => !isGone(name)));
    const next = new Map(this.#projects);
    next.delete(directory);
    next.set(directory, Object.fromEntries(known));
    for (const oldest of next.keys()) {
      if (next.size <= maxProjects) break;
      next.delete(oldest);
    }
    writeJson(this.#path, { projects: Object.fromEntries(next) });
    this.#projects = next;
  }
}
