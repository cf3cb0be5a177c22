/** Reads the definitions of a directory once, lets the first of each name win, and adds what people have said about them. */
import type { Definition, DefinitionKind } from "../../shared/protocol";
import { isWithin } from "../../shared/rules";
import { link } from "../abort";
import { answered, answerKey, type DefinitionAnswers } from "../trust/definition-answers";
import { projectRoot } from "../trust/project-root";
import { builtInRoles } from "./built-in-roles";
import { readCommand, type ReadFile } from "./command-file";
import type { ActingCommand, ActingRole, ActingSkill, ReadDefinition } from "./definition-types";
import { findFiles } from "./definition-files";
import { findInstructions, type Instructions } from "./instructions";
import { tellForeignHooks } from "./foreign-hooks";
import { type FileKind, foreignSettings, type Home, type Place, placesOf } from "./places";
import { type ContentCache, Reading } from "./reading";
import { readRole } from "./role-file";
import { findSkills } from "./skill-folder";

export interface SetParts {
  home: Home;
  answers: Pick<DefinitionAnswers, "of">;
  /** What of the person's is switched off. */
  off: () => readonly { kind: DefinitionKind; name: string }[];
  /** As `Reading.whyDenied`, in a directory. */
  whyDenied: (cwd: string, path: string) => string | undefined;
  cache: ContentCache;
}

export interface SetWish {
  kinds: readonly SetKind[];
  /** To a person, who is asked about it. */
  isShown: boolean;
}

/** With what people have said about it. */
export interface Standing<Use> {
  definition: Definition;
  use: Use;
}

/** The kinds that were not asked for are empty. */
export interface ReadSet {
  /** By which answers are kept. */
  root: string;
  instructions: Standing<Instructions>[];
  commands: Standing<ActingCommand>[];
  skills: Standing<ActingSkill>[];
  roles: Standing<ActingRole>[];
  /** What cannot be read or used, in sentences. */
  problems: string[];
}

/** No turn waits longer for a file system that hangs. */
const timeoutMs = 2000;
/** Of the person, and of the project. */
const limits = { command: 100, skill: 50, role: 50 } as const;

/** Of hooks there is only a sentence. Skills last: they can be large, and take no time from the others. */
export const setKinds = ["instructions", "commands", "roles", "hooks", "skills"] as const;
export type SetKind = (typeof setKinds)[number];

/** `cwd`: without links; of one that is gone, or has become another, there is nothing. Throws only the signal's reason. */
export async function readSet(
  parts: SetParts,
  cwd: string,
  { kinds, isShown }: SetWish,
  signal: AbortSignal,
): Promise<ReadSet> {
  using limited = link(signal);
  const { controller } = limited;
  const tooLate = new Error("reading took too long");
  const timer = setTimeout(() => controller.abort(tooLate), timeoutMs);
  const reading = new Reading(parts.cache, (path) => parts.whyDenied(cwd, path), controller.signal);
  const set: ReadSet = {
    root: cwd,
    instructions: [],
    commands: [],
    skills: [],
    roles: [],
    problems: reading.problems,
  };
  try {
    const root = await projectRoot(cwd, controller.signal).catch(() => undefined);
    controller.signal.throwIfAborted();
    // A link in the place of a directory leads to another one.
    if (root === undefined || !isWithin(cwd, root)) return set;
    set.root = root;
    const look = new Look({ parts, cwd, root, reading, isShown });
    for (const kind of kinds) {
      await look.readInto(set, kind);
      controller.signal.throwIfAborted();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!controller.signal.aborted) throw error;
    reading.leaveOut("The rest", `it could not be read within ${timeoutMs / 1000} seconds.`);
  } finally {
    clearTimeout(timer);
  }
  return set;
}

interface LookAt {
  parts: SetParts;
  cwd: string;
  root: string;
  reading: Reading;
  isShown: boolean;
}

class Look {
  readonly #parts: SetParts;
  readonly #cwd: string;
  readonly #root: string;
  readonly #reading: Reading;
  readonly #isShown: boolean;

  constructor({ parts, cwd, root, reading, isShown }: LookAt) {
    this.#parts = parts;
    this.#cwd = cwd;
    this.#root = root;
    this.#reading = reading;
    this.#isShown = isShown;
  }

  /** What was read until the signal aborted counts. */
  async readInto(set: ReadSet, kind: SetKind): Promise<void> {
    this.#reading.beginKind();
    if (kind === "hooks") {
      for (const place of foreignSettings(this.#root, this.#cwd))
        await tellForeignHooks(place, this.#reading);
    } else if (kind === "instructions") {
      const { home } = this.#parts;
      const found = await findInstructions(home, this.#root, this.#cwd, this.#reading);
      set.instructions = found.map((one) => this.#standing(one));
    } else if (kind === "commands") {
      set.commands = this.#named(await this.#files("command", readCommand));
    } else if (kind === "roles") {
      const found = await this.#files("role", readRole);
      const isPerson = (one: ReadDefinition<ActingRole>) => one.shown.origin === "person";
      const [own, rest] = [found.filter(isPerson), found.filter((one) => !isPerson(one))];
      set.roles = this.#named([...own, ...builtInRoles, ...rest]);
    } else {
      set.skills = this.#named(
        await this.#all<ActingSkill>("skill", (place, limit, take) =>
          findSkills(place, { limit, isWanted: this.#isWanted(place), take }, this.#reading),
        ),
      );
    }
  }

  /** A project's skills can be large: one that nobody has allowed is read to be shown, and for nothing else. */
  #isWanted({ origin }: Place): (path: string) => boolean {
    const { answers } = this.#parts;
    const answerOf = (path: string) => answers.of(this.#root, answerKey({ kind: "skill", path }));
    return (path) => this.#isShown || origin === "person" || answerOf(path)?.answer === "allow";
  }

  #files<Use>(
    kind: FileKind,
    parse: (file: ReadFile) => ReadDefinition<Use> | string,
  ): Promise<ReadDefinition<Use>[]> {
    return this.#all(kind, (place, limit, take) => {
      const parsed = (file: ReadFile) => {
        const read = parse(file);
        if (typeof read === "string") this.#reading.leaveOut(file.path, read);
        else take(read);
      };
      return findFiles(place, limit, parsed, this.#reading);
    });
  }

  /** When the signal aborts: what was read until then. */
  async #all<Use>(
    kind: FileKind,
    find: (place: Place, limit: number, take: (one: ReadDefinition<Use>) => void) => Promise<void>,
  ): Promise<ReadDefinition<Use>[]> {
    const left = { person: limits[kind], project: limits[kind] };
    const all: ReadDefinition<Use>[] = [];
    try {
      for (const place of placesOf(kind, this.#parts.home, this.#root, this.#cwd))
        await find(place, left[place.origin], (one) => {
          left[place.origin]--;
          all.push(one);
        });
    } catch (error) {
      if (!this.#reading.signal.aborted) throw error;
    }
    return all;
  }

  /** The first of each name. One that is switched off takes none, and one that does not act takes none from what acts. */
  #named<Use>(all: ReadDefinition<Use>[]): Standing<Use>[] {
    const taken = new Map<string, Definition>();
    return all.flatMap((one) => {
      const standing = this.#standing(one);
      const { definition } = standing;
      if (definition.standing === "off") return [standing];
      const winner = taken.get(definition.name);
      if (winner === undefined || (winner.standing !== "on" && definition.standing === "on")) {
        taken.set(definition.name, definition);
        return [standing];
      }
      // The same file by two ways, or a copy of it.
      const isSaid = winner.digest !== definition.digest && definition.origin !== "built-in";
      if (isSaid) this.#reading.leaveOut(definition.path, `${wordsOf(winner)} has the same name.`);
      return [];
    });
  }

  #standing<Use>({ shown, use }: ReadDefinition<Use>): Standing<Use> {
    const { answers, off } = this.#parts;
    if (shown.origin === "project")
      return { definition: answered(answers, this.#root, shown), use };
    const isOff =
      shown.origin === "person" &&
      off().some(({ kind, name }) => kind === shown.kind && name === shown.name);
    return { definition: { ...shown, standing: isOff ? "off" : "on" }, use };
  }
}

function wordsOf({ origin, path, name }: Definition): string {
  return origin === "built-in" ? `Rein’s own “${name}”` : path;
}
