/**
 * Who has asked whose server: only of them it is told that they were removed. Kept for the next one, which may find what they
 * have begun.
 */
import { z } from "zod";
import { readJson, writeJson } from "../json-file";
import { log } from "../log";

const schema = z.record(z.string(), z.array(z.string()));

/** As many people as a server knows; of more the one who was there last the longest ago is forgotten. */
const maxOfPerson = 10_000;

export class ServerGuests {
  readonly #path: string;
  readonly #most: number;
  /** Who was there last is last. */
  readonly #guests: Map<string, Set<string>>;

  /** `most`: of one server. Throws where the file is not what Rein writes. */
  constructor(path: string, most = maxOfPerson) {
    this.#path = path;
    this.#most = most;
    const parse = (text: string) => schema.parse(JSON.parse(text));
    const stored = readJson({ path, name: "guests", parse, without: "without them" });
    const all = Object.entries(stored ?? {});
    this.#guests = new Map(all.map(([person, names]) => [person, new Set(names)]));
  }

  /** Those who have asked the server of this person, without the person. */
  of(person: string): string[] {
    return [...(this.#guests.get(person) ?? [])];
  }

  /** The first time of each is written at once. Where it cannot be saved, it is known until this server ends. */
  note(person: string, guest: string): void {
    if (guest === person) return;
    const own = this.#guests.get(person) ?? new Set();
    const isKnown = own.delete(guest);
    this.#guests.set(person, own.add(guest));
    if (isKnown) return;
    const [oldest] = own;
    if (own.size > this.#most) own.delete(oldest!);
    const all = [...this.#guests].map(([name, names]) => [name, [...names]]);
    try {
      writeJson(this.#path, Object.fromEntries(all));
    } catch (err) {
      log.warn({ err, person }, "Who has asked this person's server could not be saved");
    }
  }
}
