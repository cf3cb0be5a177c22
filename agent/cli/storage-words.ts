/** What a person is told while nothing can be saved. */
import type { StorageChanged } from "../shared/protocol";

/** Returns what is to be called with each event; it says what is news, and that it is over. */
export function storageTeller(say: (words: string) => void): (event: StorageChanged) => void {
  let told: string | undefined;
  return ({ trouble }) => {
    if (trouble === told) return;
    told = trouble;
    say(trouble === undefined ? "Rein can save again." : `Rein cannot save right now. ${trouble}`);
  };
}

/** Of a run whose pause is `unsaved`. */
export const unsavedPause =
  "Paused until it can be saved: no more can be held in memory. Then it goes on by itself.";
