/** How sure it is that processes are dead, in words for people and models. */
import type { Proof, Receipt } from "./protocol";

export const proofLabels: Record<Proof, string> = {
  proven: "proven dead",
  seen: "seen dead",
  unseen: "not seen dead",
};

/** What a label means. */
export const proofSentences: Record<Proof, string> = {
  proven: "The system has confirmed that no other process is left.",
  seen: "Every process that was found was seen dead. One that was not found may still run.",
  unseen: "Whether a process is left could not be seen. One may still run.",
};

/** "3 processes proven dead, 1 alive, 1 pinned left running"; empty when there is nothing to say. */
export function processesWords({
  processes,
  survivors,
  proof,
  kept = [],
}: Pick<Receipt, "processes" | "survivors" | "proof" | "kept">): string {
  const label = proof === undefined ? "ended" : proofLabels[proof];
  const isUnknown = proof === "unseen" && processes.length === 0;
  const words = [
    processes.length > 0 && `${countOf(processes)} ${label}`,
    isUnknown && `processes ${label}`,
    survivors.length > 0 && `${processes.length > 0 ? survivors.length : countOf(survivors)} alive`,
    kept.length > 0 && `${kept.length} pinned left running`,
  ];
  return words.filter((piece) => piece !== false).join(", ");
}

function countOf({ length }: unknown[]): string {
  return length === 1 ? "1 process" : `${length} processes`;
}
