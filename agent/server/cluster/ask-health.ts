/** Whether a node that has lost its lock lives: it is asked itself, as it may only have lost the database. */
import { errorCode } from "../../shared/error-code";
import type { NodeRow } from "./cluster-types";

/** refused: no process of it listens. silent: nothing came in time, or nothing that says whether it lives. */
export type Health = "lives" | "refused" | "silent";

const withinMs = 1000;

/** Asks for `GET /api/health`. Never rejects; an abort counts as silence. */
export async function askHealth(
  { id, address }: Pick<NodeRow, "id" | "address">,
  signal: AbortSignal,
): Promise<Health> {
  try {
    const response = await fetch(new URL("/api/health", address), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]),
      keepalive: false,
      redirect: "manual",
    });
    return healthOf(await response.text(), id);
  } catch (error) {
    const code = errorCode(error) ?? "";
    return code === "ECONNREFUSED" || code === "ConnectionRefused" ? "refused" : "silent";
  }
}

/** A node that was started anew lives too: it settles by itself what its last process left. */
function healthOf(body: string, id: string): Health {
  try {
    const { cluster } = JSON.parse(body) as { cluster?: { node?: string } };
    return cluster?.node === id ? "lives" : "silent";
  } catch {
    return "silent";
  }
}
