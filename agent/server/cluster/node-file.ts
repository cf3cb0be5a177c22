/** The nodes of the cluster on this disk: a server that starts while the shared database is gone knows the others. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { errorCode } from "../../shared/error-code";
import { readJson, writeJson } from "../json-file";
import { log } from "../log";
import type { NodeRow } from "./cluster-types";

const maxNodes = 1000;
const maxBytes = 1_000_000;

const text = z.string().min(1).max(200);
const nodeRow = z.strictObject({
  id: text.regex(/^[\w.-]+$/),
  address: z.url({ protocol: /^https?$/ }).max(2000),
  boot: text,
  epoch: z.number().int().nonnegative(),
  version: text,
});
const stored = z.strictObject({ place: z.string(), nodes: z.array(nodeRow).max(maxNodes) });

export class NodeFile {
  readonly #path: string;
  readonly #place: string;
  #written = "";

  /** `place`: of the database whose nodes they are; those of another one are none. */
  constructor(dataDir: string, place: string) {
    this.#path = join(dataDir, "nodes.json");
    this.#place = place;
  }

  /** As they were read from the database last. None where the file is missing or damaged: it is only a copy. */
  read(): NodeRow[] {
    try {
      if (statSync(this.#path).size > maxBytes) throw new Error("It is too large");
      const parse = (content: string) => stored.parse(JSON.parse(content));
      const without = "without them";
      const found = readJson({ path: this.#path, name: "list of nodes", parse, without });
      return found?.place === this.#place ? found.nodes : [];
    } catch (err) {
      if (errorCode(err) !== "ENOENT")
        log.warn({ err }, "The list of nodes on this disk cannot be used: it is written anew");
      return [];
    }
  }

  /** Never throws. */
  write(nodes: readonly NodeRow[]): void {
    const kept = nodes.filter((node) => nodeRow.safeParse(node).success).slice(0, maxNodes);
    const content = JSON.stringify(kept);
    if (content === this.#written) return;
    try {
      writeJson(this.#path, { place: this.#place, nodes: kept });
      this.#written = content;
    } catch (err) {
      log.warn({ err }, "The list of nodes could not be kept on this disk");
    }
  }
}
