/** Waits until an ACP agent has said all that it has to say. */
import { link } from "../../abort";
import { type JsonRpc, RpcError } from "../json-rpc";
import { anyAnswer } from "./acp-schemas";

/** An agent that is silent for so long, or never comes to an end, is not waited for. */
const settleMs = 1_000;

/**
 * Some go on with what they replay, or with a turn that was interrupted, after they have answered: waits until nothing
 * comes between a question and its answer. Rejects only with the signal's reason, or when the agent has ended.
 */
export async function settled(
  rpc: JsonRpc,
  updateCount: () => number,
  signal: AbortSignal,
): Promise<void> {
  using bounded = link(signal);
  const timer = setTimeout(() => bounded.controller.abort(), settleMs);
  try {
    for (let count = -1; count !== updateCount();) {
      count = updateCount();
      await rpc
        .request("_rein/settled", {}, anyAnswer, bounded.controller.signal)
        .catch((error: unknown) => {
          if (!(error instanceof RpcError)) throw error; // any answer will do
        });
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!bounded.controller.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
}
