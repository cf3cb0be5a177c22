/** How sure it is that processes are dead, in words for people and models. */
import type { Proof, Receipt } from "./protocol";
import { lazyWords, t, tn } from "./translation";

export const proofLabels = lazyWords<Proof>({
  proven: () => t("proven dead"),
  seen: () => t("seen dead"),
  unseen: () => t("not seen dead"),
});

/** What a label means, where it is not proven. */
export const doubts = lazyWords<Exclude<Proof, "proven">>({
  seen: () =>
    t("Every process that was found was seen dead. One that was not found may still run."),
  unseen: () => t("Whether a process is left could not be seen. One may still run."),
});

/** What is not known of the processes of a receipt; undefined where nothing is in doubt. */
export function doubtOf({
  proof,
  unreached,
}: Pick<Receipt, "proof" | "unreached">): string | undefined {
  if (unreached !== undefined) return unreachedWords(unreached);
  return proof === undefined || proof === "proven" ? undefined : doubts[proof];
}

/** `node`: the name of the machine. */
function unreachedWords(node: string): string {
  return t(
    "The machine {node} was not reached, so its processes were not seen to end. Its supervisors end them when Rein there dies.",
    { node },
  );
}

/** What the proof of a receipt means; undefined where it has none. */
export function proofSentence(receipt: ReceiptEnd): string | undefined {
  const { proof, survivors, kept = [] } = receipt;
  if (proof !== "proven") return doubtOf(receipt);
  return survivors.length + kept.length > 0
    ? t("The system has confirmed that no other process is left.")
    : t("The system has confirmed that no process is left.");
}

type ReceiptEnd = Pick<Receipt, "survivors" | "proof" | "unreached" | "kept">;

/** "3 processes proven dead, 1 process may still run, 1 pinned left running"; empty when there is nothing to say. */
export function processesWords({
  processes,
  survivors,
  proof,
  kept = [],
}: ReceiptEnd & Pick<Receipt, "processes">): string {
  const label = proof === undefined ? t("ended") : proofLabels[proof];
  const isUnknown = proof === "unseen" && processes.length + survivors.length === 0;
  const words = [
    processes.length > 0 &&
      tn(processes.length, "{count} process {state}", "{count} processes {state}", {
        state: label,
      }),
    isUnknown && t("a process may still run"),
    survivors.length > 0 &&
      tn(survivors.length, "{count} process may still run", "{count} processes may still run"),
    kept.length > 0 &&
      tn(kept.length, "{count} pinned left running", "{count} pinned left running"),
  ];
  return words.filter((piece) => piece !== false).join(", ");
}
