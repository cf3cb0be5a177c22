/**
 * Who has asked whose server: only of them it is told that they were removed. Kept for the next one, which may find what they
 * have begun.
 */
import { z } from "zod";
import { readJson, writeJson } from "../json-file";
import { log } from "../log";

const schema = z.record(z.string(), z.array(z.string()));

/** Of more of one server the one who came first is forgotten. */
const maxOfPerson = 1000;

export class ServerGuests {
  readonly #path: string;
  readonly #guests: Map<string, Set<string>>;

  /** Throws where the file is not what Rein writes. */
  constructor(path: string) {
    this.#path = path;
    const parse = (text: string) => schema.parse(JSON.parse(text));
    const stored = readJson({ path, name: "guests", parse, without: "without them" });
    const all = Object.entries(stored ?? {});
    this.#guests = new Map(all.map(([person, names]) => [person, new Set(names)]));
  }

  /** Those who have asked the server of this person, without the person. */
  of(person: string): string[] {
    return [...(this.#guests.get(person) ?? [])];
  }

  /** Where it cannot be saved, it is known until this server ends. */
  note(person: string, guest: string): void {
    const own = this.#guests.get(person) ?? new Set();
    if (guest === person || own.has(guest)) return;
    this.#guests.set(person, own.add(guest));
    const [oldest] = own;
    if (own.size > maxOfPerson) own.delete(oldest!);
    const all = [...this.#guests].map(([name, names]) => [name, [...names]]);
    try {
      writeJson(this.#path, Object.fromEntries(all));
    } catch (err) {
      log.warn({ err, person }, "Who has asked this person's server could not be saved");
    }
  }
}
