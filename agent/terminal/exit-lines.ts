/** What is said in the shell once the terminal face has exited: which runs go on, and how they are stopped. */
import type { Client } from "../client/state/client";
import { visibleString } from "../shared/visible-text";

export function exitLines({ list, endingWithWindow }: Client): string[] {
  const ending = new Set(endingWithWindow());
  return list
    .sorted()
    .filter(({ state }) => state !== "idle")
    .map(({ id, title }) => {
      const name = visibleString(title || "Untitled").replaceAll("\n", " ");
      return ending.has(id)
        ? `Stopped with this terminal, as you chose: “${name}”.`
        : `“${name}” keeps running. To stop it: rein stop ${id}`;
    });
}
