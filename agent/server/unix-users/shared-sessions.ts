/**
 * Whose server has a session that was shared by a link: noted when its owner makes the first one, by what the front passes on
 * itself. A server of a person cannot take the place of another by what it says later.
 */
import { z } from "zod";
import { readJson, writeJson } from "../json-file";

const schema = z.record(z.string(), z.string());

/** Of more of one person the one that was shared first is forgotten: its links lead nowhere then. */
const maxOfPerson = 1000;

export class SharedSessions {
  readonly #path: string;
  #owners: Map<string, string>;

  /** Throws where the file is not what Rein writes. */
  constructor(path: string) {
    this.#path = path;
    const parse = (text: string) => schema.parse(JSON.parse(text));
    const stored = readJson({ path, name: "shared sessions", parse, without: "without them" });
    this.#owners = new Map(Object.entries(stored ?? {}));
  }

  /** The person in whose server it is. */
  ownerOf(sessionId: string): string | undefined {
    return this.#owners.get(sessionId);
  }

  /** Whether this person has shared any. */
  isOwner(person: string): boolean {
    return this.#owners.values().some((owner) => owner === person);
  }

  /** The first one who shares it is its owner for good. Throws what the file system throws, and then notes nothing. */
  note(sessionId: string, person: string): void {
    if (this.#owners.has(sessionId)) return;
    const next = new Map(this.#owners).set(sessionId, person);
    const own = [...next].filter(([, owner]) => owner === person);
    for (const [id] of own.slice(0, -maxOfPerson)) next.delete(id);
    writeJson(this.#path, Object.fromEntries(next));
    this.#owners = next;
  }
}
