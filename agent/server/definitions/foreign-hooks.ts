/** Hooks that a project has for another program: none of them runs here, and one sentence says so. */
import { z } from "zod";
import { Directory } from "../files/directory";
import type { Place } from "./places";
import { maxFileBytes, type Reading } from "./reading";

const settings = z.object({
  hooks: z.record(z.string(), z.array(z.object({ hooks: z.array(z.unknown()).optional() }))),
});

/** Tells of those in one file. Throws only the signal's reason. */
export async function tellForeignHooks(place: Place, reading: Reading): Promise<void> {
  const { path, shown } = place;
  const names = path.split("/");
  try {
    using directory = await Directory.open(names.slice(0, -1).join("/"), reading.signal);
    const { text, isCut } = await reading.content(directory, names.at(-1)!, maxFileBytes);
    const count = isCut ? 0 : countOf(text);
    if (count > 0)
      reading.say(
        `${shown} has ${count === 1 ? "a hook" : `${count} hooks`}: none of a project runs. Enter what you want to run in the settings.`,
      );
  } catch (error) {
    // Another program's file: what is wrong with it is nothing of Rein's.
    reading.signal.throwIfAborted();
    if (!(error instanceof Error)) throw error;
  }
}

function countOf(text: string): number {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 0; // it is another program's
  }
  const parsed = settings.safeParse(value);
  if (!parsed.success) return 0;
  return Object.values(parsed.data.hooks)
    .flat()
    .reduce((sum, { hooks = [] }) => sum + hooks.length, 0);
}
