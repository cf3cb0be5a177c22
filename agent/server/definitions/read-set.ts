/** Reads the definitions of a directory once, lets the first of each name win, and adds what people have said about them. */
import type { Definition, DefinitionKind } from "../../shared/protocol";
import { isWithin } from "../../shared/rules";
import { link } from "../abort";
import { answered, type DefinitionAnswers, type Unanswered } from "../trust/definition-answers";
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

/** Of hooks there is only a sentence. */
export const setKinds = ["instructions", "commands", "skills", "roles", "hooks"] as const;
export type SetKind = (typeof setKinds)[number];

/** `cwd`: without links; of one that is gone, or has become another, there is nothing. Throws only the signal's reason. */
export async function readSet(
  parts: SetParts,
  cwd: string,
  kinds: readonly SetKind[],
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
    const look = new Look(parts, cwd, root, reading);
    // The signal may abort at any of them: what was read until then counts.
    for (const kind of kinds) await look.readInto(set, kind);
  } catch (error) {
    signal.throwIfAborted();
    if (!controller.signal.aborted) throw error;
    reading.leaveOut("The rest", `it could not be read within ${timeoutMs / 1000} seconds.`);
  } finally {
    clearTimeout(timer);
  }
  return set;
}

class Look {
  readonly #parts: SetParts;
  readonly #cwd: string;
  readonly #root: string;
  readonly #reading: Reading;

  constructor(parts: SetParts, cwd: string, root: string, reading: Reading) {
    this.#parts = parts;
    this.#cwd = cwd;
    this.#root = root;
    this.#reading = reading;
  }

  async readInto(set: ReadSet, kind: SetKind): Promise<void> {
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
        await this.#all("skill", (place, limit) => findSkills(place, limit, this.#reading)),
      );
    }
  }

  #files<Use>(
    kind: FileKind,
    parse: (file: ReadFile) => ReadDefinition<Use> | string,
  ): Promise<ReadDefinition<Use>[]> {
    return this.#all(kind, async (place, limit) => {
      const found: ReadDefinition<Use>[] = [];
      const take = (file: ReadFile) => {
        const read = parse(file);
        if (typeof read === "string") this.#reading.leaveOut(file.path, read);
        else found.push(read);
      };
      await findFiles(place, limit, take, this.#reading);
      return found;
    });
  }

  async #all<Use>(
    kind: FileKind,
    find: (place: Place, limit: number) => Promise<ReadDefinition<Use>[]>,
  ): Promise<ReadDefinition<Use>[]> {
    const left = { person: limits[kind], project: limits[kind] };
    const all: ReadDefinition<Use>[] = [];
    for (const place of placesOf(kind, this.#parts.home, this.#root, this.#cwd)) {
      const found = await find(place, left[place.origin]);
      left[place.origin] -= found.length;
      all.push(...found);
    }
    return all;
  }

  /** The first of each name; one that is switched off takes none. */
  #named<Use>(all: ReadDefinition<Use>[]): Standing<Use>[] {
    const taken = new Map<string, Unanswered>();
    return all.flatMap((one) => {
      const { shown } = one;
      const standing = this.#standing(one);
      if (standing.definition.standing === "off") return [standing];
      const winner = taken.get(shown.name);
      if (winner === undefined) {
        taken.set(shown.name, shown);
        return [standing];
      }
      // The same file by two ways, or a copy of it.
      const isSaid = winner.digest !== shown.digest && shown.origin !== "built-in";
      if (isSaid) this.#reading.leaveOut(shown.path, `${wordsOf(winner)} has the same name.`);
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

function wordsOf({ origin, path, name }: Unanswered): string {
  return origin === "built-in" ? `Rein’s own “${name}”` : path;
}
