/** The files of JSON in the data directory: what is written survives a power cut, and what Rein did not write is refused. */
import { readFileSync } from "node:fs";
import { errorCode } from "../shared/error-code";
import { writeDurably } from "./durable-file";

export interface JsonFile<Value> {
  path: string;
  /** As people call it: "settings". */
  name: string;
  /** Throws when it is not what Rein writes. */
  parse: (text: string) => Value;
  /** What a start without the file is: "with the defaults". */
  without: string;
}

/** Undefined when there is no file. Throws, with what to do, when it cannot be read or is not what Rein writes. */
export function readJson<Value>({
  path,
  name,
  parse,
  without,
}: JsonFile<Value>): Value | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new Error(
      `The ${name} file cannot be read: ${(error as Error).message}. Give it to the user that Rein runs as, or choose another directory with REIN_DATA_DIR.`,
      { cause: error },
    );
  }
  try {
    return parse(text);
  } catch (error) {
    throw new Error(
      `The ${name} file ${path} is not what Rein writes there. Repair it, or move it away to start ${without}.`,
      { cause: error },
    );
  }
}

/** Replaces the file (mode 0600). Throws what the file system throws, and then changes nothing. */
export function writeJson(path: string, value: unknown): void {
  writeDurably(path, `${JSON.stringify(value, null, 2)}\n`);
}
