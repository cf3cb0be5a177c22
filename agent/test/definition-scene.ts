/** Definitions of a project and a person in directories of their own, without a server. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Definitions } from "../server/definitions/definitions";
import { openDefinitionAnswers } from "../server/trust/definition-answers";
import type { Definition } from "../shared/protocol";
import type { ProjectAnswerRequest } from "../shared/requests";
import type { Rein } from "./rein";

type Answers = ProjectAnswerRequest["answers"];

const never = new AbortController().signal;

export class DefinitionScene implements Disposable {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), "rein-definitions-")));
  readonly home = join(this.directory, "home");
  readonly project = join(this.directory, "project");
  readonly off: { kind: Definition["kind"]; name: string }[] = [];
  readonly denied = new Set<string>();
  definitions = this.open();

  constructor() {
    mkdirSync(this.home);
    mkdirSync(join(this.project, ".git"), { recursive: true });
  }

  /** As a start of the server does. */
  open(): Definitions {
    return new Definitions({
      home: { home: this.home, configHome: join(this.home, ".config") },
      answers: openDefinitionAnswers(join(this.directory, "project-answers.json")),
      off: () => this.off,
      whyDenied: (_cwd, path) =>
        this.denied.has(path) ? "a rule of this project denies it" : undefined,
      languageServers: () => [],
      toldIn: () => undefined,
    });
  }

  /** Of the project, unless the path begins with `~/`. */
  write(path: string, text: string): void {
    const whole = this.path(path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text);
  }

  path(path: string): string {
    return path.startsWith("~/") ? join(this.home, path.slice(2)) : join(this.project, path);
  }

  look(cwd = this.project) {
    return this.definitions.of(cwd, never);
  }

  /** Of the project, and of the person. */
  async named(name: string, cwd = this.project): Promise<Definition> {
    const { definitions, problems } = await this.look(cwd);
    const found = definitions.find((one) => one.name === name && one.origin !== "built-in");
    if (found === undefined) throw new Error(`There is no ${name}: ${problems.join(" ")}`);
    return found;
  }

  prompt(cwd = this.project): Promise<string> {
    return this.definitions.promptOf(cwd, never);
  }

  answer(answers: Answers, cwd = this.project): Promise<boolean> {
    return this.definitions.answer(cwd, answers, never);
  }

  /** Allows all that is asked about, as it is shown. */
  async allowAll(cwd = this.project): Promise<void> {
    const { definitions } = await this.look(cwd);
    if (!(await this.answer(allowing(definitions), cwd))) throw new Error("It was not kept.");
  }

  /** Allows instructions whatever they become, while something else may take their place at any moment. */
  async follow(cwd: string, name: string): Promise<void> {
    for (;;) {
      const { definitions } = await this.look(cwd);
      const found = definitions.find((one) => one.name === name);
      if (found === undefined) continue;
      const { kind, digest } = found;
      if (await this.answer([{ kind, name, digest, answer: "allow", anyChange: true }], cwd))
        return;
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** As a person does who allows all that a session's directory brings, as it is shown. Resolves with what was asked. */
export async function allowProject({ sdk, cwd }: Pick<Rein, "sdk" | "cwd">): Promise<Definition[]> {
  const { definitions } = await sdk.project(cwd, never);
  const answers = allowing(definitions);
  if (answers.length > 0) await sdk.answerProject({ cwd, answers }, never);
  return definitions.filter(({ standing }) => standing === "asked");
}

/** The answer that allows all that waits for one. */
export function allowing(definitions: Definition[]): Answers {
  return definitions
    .filter(({ standing }) => standing === "asked")
    .map(({ kind, name, digest }) => ({ kind, name, digest, answer: "allow" }));
}
