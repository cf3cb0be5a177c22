/** What a person is told while nothing can be saved, or when something that was is missing. */
import { defined } from "../shared/defined";
import type { Pause, StorageChanged } from "../shared/protocol";
import { unsharedTitle, unsharedWords } from "../shared/unshared-words";

/** Returns what is to be called with each event; it says what is news, and that it is over. */
export function storageTeller(say: (words: string) => void): (event: StorageChanged) => void {
  let told: Omit<StorageChanged, "type"> = {};
  return ({ trouble, missing, unshared }) => {
    if (trouble !== told.trouble)
      say(
        trouble === undefined ? "Rein can save again." : `Rein cannot save right now. ${trouble}`,
      );
    if (missing !== undefined && missing !== told.missing)
      say(`Something that was saved is missing. ${missing}`);
    if (unshared === undefined && told.unshared !== undefined)
      say("The database that the machines share answers again.");
    if (unshared !== undefined && (!told.unshared || unshared.holds !== told.unshared.holds))
      say(`${unsharedTitle()} ${unsharedWords(unshared)}`);
    told = defined({ trouble, missing, unshared });
  };
}

/** Of a run whose pause is `unsaved` or `unshared`: Rein continues it by itself. Undefined of any other. */
export function ownPauseWords({ unsaved, unshared }: Partial<Pause>): string | undefined {
  if (unsaved)
    return "Paused until it can be saved: no more can be held in memory. Then it goes on by itself.";
  if (unshared)
    return "Paused until the database that the machines share answers. Then it goes on by itself.";
  return undefined;
}
