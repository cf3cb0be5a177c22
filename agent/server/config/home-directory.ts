/** The home directory of the user whom Rein runs as. */
import { homedir } from "node:os";

/** Absolute. Throws an Error that says what to set, for a user whom neither HOME nor the system gives one. */
export function homeDirectory(): string {
  try {
    return homedir();
  } catch (cause) {
    throw new Error(
      "This user has no home directory: HOME is not set, and the system does not know the user. Set HOME to a directory that this user can write.",
      { cause },
    );
  }
}
