/** How sure it is that processes are dead, in words for people and models. */
import { plural } from "./plural";
import type { Proof, Receipt } from "./protocol";

export const proofLabels: Record<Proof, string> = {
  proven: "proven dead",
  seen: "seen dead",
  unseen: "not seen dead",
};

/** What a label means, where it is not proven. */
export const doubts: Record<Exclude<Proof, "proven">, string> = {
  seen: "Every process that was found was seen dead. One that was not found may still run.",
  unseen: "Whether a process is left could not be seen. One may still run.",
};

/** What the proof of a receipt means; undefined where it has none. */
export function proofSentence({ proof, survivors, kept = [] }: ReceiptEnd): string | undefined {
  if (proof !== "proven") return proof && doubts[proof];
  const other = survivors.length + kept.length > 0 ? "other " : "";
  return `The system has confirmed that no ${other}process is left.`;
}

type ReceiptEnd = Pick<Receipt, "survivors" | "proof" | "kept">;

/** "3 processes proven dead, 1 process may still run, 1 pinned left running"; empty when there is nothing to say. */
export function processesWords({
  processes,
  survivors,
  proof,
  kept = [],
}: ReceiptEnd & Pick<Receipt, "processes">): string {
  const label = proof === undefined ? "ended" : proofLabels[proof];
  const isUnknown = proof === "unseen" && processes.length + survivors.length === 0;
  const words = [
    processes.length > 0 && `${countOf(processes)} ${label}`,
    isUnknown && "a process may still run",
    survivors.length > 0 && `${countOf(survivors)} may still run`,
    kept.length > 0 && `${kept.length} pinned left running`,
  ];
  return words.filter((piece) => piece !== false).join(", ");
}

function countOf({ length }: unknown[]): string {
  return plural(length, "process", "processes");
}
