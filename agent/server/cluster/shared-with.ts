/** With which database the entries in this node's files were shared last, by kind: what is in no row there was removed. */
import { join } from "node:path";
import { z } from "zod";
import { sharedWithFile } from "../access/shared-entries";
import { readJson, writeJson } from "../json-file";
import { log } from "../log";

export class SharedWith {
  readonly #path: string;
  readonly #identities: Record<string, string>;

  /** Throws as `readJson`. */
  constructor(dataDir: string) {
    this.#path = join(dataDir, sharedWithFile);
    const parse = (text: string) => z.record(z.string(), z.string()).parse(JSON.parse(text));
    const without = "and add what this machine has to what all share";
    this.#identities =
      readJson({ path: this.#path, name: "record of what is shared", parse, without }) ?? {};
  }

  is(kind: string, identity: string): boolean {
    return this.#identities[kind] === identity;
  }

  note(kind: string, identity: string): void {
    if (this.is(kind, identity)) return;
    this.#identities[kind] = identity;
    try {
      writeJson(this.#path, this.#identities);
    } catch (err) {
      log.warn({ err }, "With whom this machine shares was not saved: it is looked at again");
    }
  }
}
