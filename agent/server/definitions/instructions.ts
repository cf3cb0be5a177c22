/** Instructions: the files that tell every run how to work, from the person's to the directory's. */
import { lstat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { isWithin } from "../../shared/rules";
import { abortable } from "../abort";
import { Directory } from "../files/directory";
import { realPath } from "../files/real-path";
import { NotRegularError } from "../files/regular-file";
import { digestOf } from "../trust/digest";
import { firstLine } from "./command-file";
import type { ReadDefinition } from "./definition-types";
import { withImports } from "./imported-files";
import { type Home, instructionPlaces, type Place } from "./places";
import { maxFileBytes, type Reading } from "./reading";

export interface Instructions {
  text: string;
}

/**
 * In the order in which they are told. One file, or one text, counts once, also where a later one names it. Throws only the
 * signal's reason.
 */
export async function findInstructions(
  home: Home,
  root: string,
  cwd: string,
  reading: Reading,
): Promise<ReadDefinition<Instructions>[]> {
  const found: ReadDefinition<Instructions>[] = [];
  const seen = new Set<string>();
  for (const place of instructionPlaces(home, root, cwd)) {
    try {
      const read = await readOne(place, home, seen, reading);
      const { real, definition } = read;
      const isNew = !seen.has(real) && !seen.has(`:${definition.use.text}`);
      seen.add(real).add(`:${definition.use.text}`);
      if (isNew && definition.use.text !== "") found.push(definition);
    } catch (error) {
      if (error instanceof DeniedError)
        reading.leaveOut(place.shown, `${error.message.replace(/\.$/, "")}.`);
      else reading.leaveOutFor(place.shown, error);
    }
  }
  return found;
}

/** A link to another file of the project is followed: many have one of the names lead to another. */
async function readOne(
  place: Place,
  { home }: Home,
  seen: ReadonlySet<string>,
  reading: Reading,
): Promise<{ real: string; definition: ReadDefinition<Instructions> }> {
  const { signal } = reading;
  // Most are not there: that is found out with one look.
  await abortable(lstat(place.path), signal);
  const real = await realPath(place.path, signal);
  if (place.base !== undefined && !isWithin(real, place.base))
    throw new NotRegularError("leads out of the project");
  const denied = reading.whyDenied(real);
  if (denied !== undefined) throw new DeniedError(denied);
  using directory = await Directory.open(dirname(real), signal);
  const content = await reading.content(directory, basename(real), maxFileBytes);
  const bounds =
    place.base === undefined
      ? { within: await realPath(home, signal), home }
      : { within: place.base };
  const own = content.text.replace(/^\uFEFF/, "").trim();
  const { text, notes } = await withImports(own, seen, real, bounds, reading);
  if (content.isCut) notes.push("It is longer than 64 kB: only the beginning is used.");
  const { origin, shown } = place;
  const shared = {
    name: shown,
    origin,
    path: shown,
    digest: digestOf({ kind: "instructions", text }),
  };
  const description = firstLine(text);
  return {
    real,
    definition: {
      shown: { ...shared, kind: "instructions", description, text, runs: [], grants: [], notes },
      use: { text },
    },
  };
}

/** Its message is a clause. */
class DeniedError extends Error {}
