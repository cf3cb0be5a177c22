/** The routes of push messages, as functions: each is about the browser whose credential is sent. */
import type { PushAnswer } from "../shared/protocol";
import type { PushRequest } from "../shared/requests";
import type { Transport } from "./transport";

export function createPushCalls({ call }: Pick<Transport, "call">) {
  return {
    push: (signal: AbortSignal) => call<PushAnswer>("GET", "/api/push", undefined, signal),
    /** Resolves once its push service has taken a first message. */
    startPush: (subscription: PushRequest, signal: AbortSignal) =>
      call<PushAnswer>("POST", "/api/push", subscription, signal),
    stopPush: (signal: AbortSignal) =>
      call<{ removed: boolean }>("DELETE", "/api/push", undefined, signal),
  };
}
