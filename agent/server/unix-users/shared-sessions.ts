/**
 * Whose server has a session that was shared by a link: noted when its owner makes the first one, by what the front passes on
 * itself. A server of a person cannot take the place of another by what it says later.
 */
import { z } from "zod";
import { readJson, writeJson } from "../json-file";

const schema = z.record(z.string(), z.string());

/** More are not noted: their links lead nowhere. */
const maxSessions = 10_000;

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
    if (this.#owners.has(sessionId) || this.#owners.size >= maxSessions) return;
    const next = new Map(this.#owners).set(sessionId, person);
    writeJson(this.#path, Object.fromEntries(next));
    this.#owners = next;
  }
}
