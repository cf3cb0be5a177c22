/** The roles and the skills of a loop as they are in its turn. */
import { abortable } from "../abort";
import type { ActingRole, ActingSkill } from "../definitions/definition-types";
import type { LoopParts } from "./run-types";

export class TurnDefinitions {
  readonly #definitions: LoopParts["definitions"];
  readonly #cwd: () => string;
  #roles: ActingRole[] = [];
  #skills: ActingSkill[] = [];

  constructor(definitions: LoopParts["definitions"], cwd: () => string) {
    this.#definitions = definitions;
    this.#cwd = cwd;
  }

  /** The first of a name counts. */
  get roles(): readonly ActingRole[] {
    return this.#roles;
  }

  get skills(): readonly ActingSkill[] {
    return this.#skills;
  }

  /**
   * What bash may read in any sandbox: the scripts of the person's skills. A project's are where bash reads anyway, and a
   * command could put a link in the place of their folder.
   */
  get folders(): string[] {
    return this.#skills.flatMap(({ origin, folder }) => (origin === "person" ? [folder] : []));
  }

  /** Reads them anew. A stop ends the wait, and leaves those of the turn before. */
  async read(signal: AbortSignal): Promise<void> {
    const cwd = this.#cwd();
    const reading = Promise.all([
      this.#definitions.roles(cwd, signal),
      this.#definitions.skills(cwd, signal),
    ]);
    try {
      [this.#roles, this.#skills] = await abortable(reading, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
