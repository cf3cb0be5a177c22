/** What a person is told while nothing can be saved, or when something that was is missing. */
import { defined } from "../shared/defined";
import type { StorageChanged } from "../shared/protocol";

/** Returns what is to be called with each event; it says what is news, and that it is over. */
export function storageTeller(say: (words: string) => void): (event: StorageChanged) => void {
  let told: Omit<StorageChanged, "type"> = {};
  return ({ trouble, missing }) => {
    if (trouble !== told.trouble)
      say(
        trouble === undefined ? "Rein can save again." : `Rein cannot save right now. ${trouble}`,
      );
    if (missing !== undefined && missing !== told.missing)
      say(`Something that was saved is missing. ${missing}`);
    told = defined({ trouble, missing });
  };
}

/** Of a run whose pause is `unsaved`. */
export const unsavedPause =
  "Paused until it can be saved: no more can be held in memory. Then it goes on by itself.";
