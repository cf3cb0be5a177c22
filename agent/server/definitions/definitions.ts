/** What files say about how an agent works in a directory: instructions, commands, skills and roles. */
import { createHash } from "node:crypto";
import { isWithin } from "../../shared/rules";
import type { Definition } from "../../shared/protocol";
import type { ProjectAnswerRequest } from "../../shared/requests";
import { Directory } from "../files/directory";
import { RegularFile } from "../files/regular-file";
import {
  answered,
  answerKey,
  type DefinitionAnswers,
  type KeptDefinitionAnswer,
  toKeep,
  type Unanswered,
} from "../trust/definition-answers";
import type { ActingCommand, ActingRole, ActingSkill } from "./definition-types";
import { instructionsPrompt } from "./instructions-prompt";
import { type FileKind, instructionPlaces, ownInstructions, placesOf } from "./places";
import {
  type ReadSet,
  readSet,
  type SetKind,
  setKinds,
  type SetParts,
  type SetWish,
  type Standing,
} from "./read-set";
import { ContentCache } from "./reading";

export interface DefinitionSet {
  /** By which answers are kept. */
  root: string;
  /** Those that act and those that do not, the ones that win first. */
  definitions: Definition[];
  /** What cannot be read or used, in sentences. */
  problems: string[];
}

export interface DefinitionParts extends Pick<SetParts, "home" | "off" | "whyDenied"> {
  answers: DefinitionAnswers;
  /** What of the settings' language servers would start in a project, by its root; each is asked about like a project's file. */
  languageServers: (root: string) => Unanswered[];
  /** What the person tells models in the project with this root, beside the files. */
  toldIn: (root: string) => string | undefined;
}

/** Of a directory without links. Each call reads the files as they are now, in ten seconds at most. Each throws only the signal's reason, and what is said. */
export class Definitions {
  readonly #parts: DefinitionParts;
  readonly #cache = new ContentCache();

  constructor(parts: DefinitionParts) {
    this.#parts = parts;
  }

  /** All, as people are shown them. */
  async of(cwd: string, signal: AbortSignal): Promise<DefinitionSet> {
    const set = await this.#shown(cwd, signal);
    const { root, problems } = set;
    return { root, problems, definitions: [...definitionsIn(set), ...this.#servers(root)] };
  }

  /** The instructions that act, for the system prompt; empty when there are none. It changes only with them and their answers. */
  async promptOf(cwd: string, signal: AbortSignal): Promise<string> {
    const { root, instructions } = await this.#acting(cwd, "instructions", signal);
    return instructionsPrompt(instructions, this.#parts.toldIn(root));
  }

  /**
   * Of these, what the person has written in Rein, everywhere and for this project: for an engine, which reads the files
   * that are its own.
   */
  async personalPromptOf(cwd: string, signal: AbortSignal): Promise<string> {
    const { root, instructions } = await this.#acting(cwd, "instructions", signal);
    const own = ownInstructions(this.#parts.home).shown;
    const written = instructions.filter(
      ({ definition: { origin, path } }) => origin === "person" && path === own,
    );
    return instructionsPrompt(written, this.#parts.toldIn(root));
  }

  /** The commands that act. */
  async commands(cwd: string, signal: AbortSignal): Promise<ActingCommand[]> {
    return acting((await this.#acting(cwd, "commands", signal)).commands);
  }

  /** The skills that act. */
  async skills(cwd: string, signal: AbortSignal): Promise<ActingSkill[]> {
    return acting((await this.#acting(cwd, "skills", signal)).skills);
  }

  /** The roles that act, the built-in ones among them. */
  async roles(cwd: string, signal: AbortSignal): Promise<ActingRole[]> {
    return acting((await this.#acting(cwd, "roles", signal)).roles);
  }

  /**
   * A file in the folder of a skill, by its path in `files`: undefined when it is none of them, or no longer what was
   * answered. Throws a system error where it cannot be read.
   */
  async skillFile(
    { folder, files }: ActingSkill,
    path: string,
    signal: AbortSignal,
  ): Promise<Buffer | undefined> {
    const known = files.find((file) => file.path === path);
    if (known === undefined) return undefined;
    const names = known.path.split("/");
    using directory = await Directory.open(folder, signal);
    using inner = await directory.descend(names.slice(0, -1), signal);
    using file = await RegularFile.open(inner, names.at(-1)!, signal);
    const bytes = await file.bytes(0, known.bytes + 1, signal);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return sha256 === known.sha256 ? bytes : undefined;
  }

  /** Keeps all answers; false, and none, when one of what was shown has changed or is gone. Throws what the file system throws. */
  async answer(
    cwd: string,
    answers: ProjectAnswerRequest["answers"],
    signal: AbortSignal,
  ): Promise<boolean> {
    const set = await this.#shown(cwd, signal);
    const { root } = set;
    const asked = [...definitionsIn(set), ...this.#servers(root)].filter(
      ({ origin, kind }) => origin === "project" || kind === "language-server",
    );
    const given = new Map<string, KeptDefinitionAnswer>();
    for (const { kind, name, digest, answer, anyChange } of answers) {
      const found = asked.find(
        (one) => one.kind === kind && one.name === name && one.digest === digest,
      );
      if (found === undefined) return false;
      given.set(answerKey(found), toKeep(found, answer, anyChange));
    }
    const known = new Set(asked.map(answerKey));
    const isGone = this.#lookedAt(root, cwd);
    this.#parts.answers.keep(root, given, (key) => !known.has(key) && isGone(key));
    return true;
  }

  /** Whether an answer is about a file of a place that is looked at in this directory. */
  #lookedAt(root: string, cwd: string): (key: string) => boolean {
    const { home } = this.#parts;
    const kinds: FileKind[] = ["command", "skill", "role"];
    const places = [
      ...instructionPlaces(home, root, cwd).map((place) => ({ kind: "instructions", place })),
      ...kinds.flatMap((kind) => placesOf(kind, home, root, cwd).map((place) => ({ kind, place }))),
    ].filter(({ place }) => place.origin === "project");
    return (key) => places.some(({ kind, place }) => isWithin(key, `${kind}:${place.shown}`));
  }

  #servers(root: string): Definition[] {
    const { answers, languageServers } = this.#parts;
    return languageServers(root).map((one) => answered(answers, root, one));
  }

  #shown(cwd: string, signal: AbortSignal): Promise<ReadSet> {
    return this.#read(cwd, { kinds: setKinds, isShown: true }, signal);
  }

  #acting(cwd: string, kind: SetKind, signal: AbortSignal): Promise<ReadSet> {
    return this.#read(cwd, { kinds: [kind], isShown: false }, signal);
  }

  #read(cwd: string, wish: SetWish, signal: AbortSignal): Promise<ReadSet> {
    return readSet({ ...this.#parts, cache: this.#cache }, cwd, wish, signal);
  }
}

function definitionsIn({ instructions, commands, skills, roles }: ReadSet): Definition[] {
  return [...instructions, ...commands, ...skills, ...roles].map(({ definition }) => definition);
}

function acting<Use>(all: Standing<Use>[]): Use[] {
  return all.flatMap(({ definition, use }) => (definition.standing === "on" ? [use] : []));
}
