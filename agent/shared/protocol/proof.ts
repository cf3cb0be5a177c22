/** How sure it is that no process is left of what was ended. A survivor, which is known to live, is named beside it. */

/**
 * From the surest: "proven", the kernel has confirmed it; "seen", every process that was found was seen dead, and one
 * that was not found may live; "unseen", the processes could not be looked at.
 */
export const proofs = ["proven", "seen", "unseen"] as const;

export type Proof = (typeof proofs)[number];

/** The least sure of them; undefined of none. */
export function weakestProof(all: Proof[]): Proof | undefined {
  return proofs.findLast((one) => all.includes(one));
}
