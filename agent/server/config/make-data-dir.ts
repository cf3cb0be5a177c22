/** Makes a data directory, or takes one that is there. */
import { chmodSync, mkdirSync, readdirSync, statSync } from "node:fs";

/** Readable for its owner alone from then on. Throws an Error with the reason when it cannot be, or holds things that are not Rein's. */
export function makeDataDir(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const isOpen = (statSync(path).mode & 0o077) !== 0;
  const names = readdirSync(path);
  if (isOpen && names.length > 0 && !names.some((name) => ownNames.has(name)))
    throw new Error("it holds other things, and others may look into it");
  chmodSync(path, 0o700);
}

const ownNames = new Set(["rein.db", "settings.json", "token"]);
