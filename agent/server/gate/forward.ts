/** Sends a request to the service with the real key, and passes the answer on as it comes. */
import { inExchange } from "../providers/exchange";
import { hideKeys } from "../providers/hide-keys";
import { type AnswerForm, PassedAnswer } from "../providers/passed-answer";
import { fetchFromService } from "../providers/service-fetch";
import type { GateTarget } from "../catalog/gate-target";
import { log } from "../log";
import { failureOf, ServiceError } from "./gate-failure";
import { answeredHeaders, sentHeaders } from "./gate-headers";
import { GateRefusal } from "./gate-refusal";
import { KeyMask } from "./key-mask";
import type { ModelRequest } from "./model-request";

export interface Forwarded {
  request: Request;
  url: string;
  target: GateTarget;
  body?: Uint8Array<ArrayBuffer>;
  /** Of a request to a model. */
  asked?: { form: AnswerForm; counted: ModelRequest; model: string };
}

/**
 * Resolves with the answer once its head has come; its body then streams. `onEnd` is called when nothing of it is open any
 * more. Rejects with GateRefusal where the service gave none, or with the reason of `signal`, which closes the socket.
 */
export async function forward(
  forwarded: Forwarded,
  onEnd: () => void,
  signal: AbortSignal,
): Promise<Response> {
  const { request, url, target, body, asked } = forwarded;
  const headers = sentHeaders(request.headers, target, body !== undefined);
  const wait = asked?.counted.wait;
  const exchange = {
    isPassedOn: true as const,
    onBytes: wait && (() => wait.onBytes()),
    onWait: wait && ((waits: boolean) => wait.onWait(waits)),
  };
  const init = { method: request.method, headers, signal, ...(body && { body }) };
  try {
    const response = await inExchange(exchange, () => fetchFromService(url, init));
    signal.throwIfAborted();
    if (asked) asked.counted.status = response.status;
    if (response.ok) return passOn(response, forwarded, onEnd, signal);
    return await passError(response, forwarded, onEnd);
  } catch (error) {
    const failure = signal.aborted ? undefined : failureOf(error, target);
    asked?.counted.close("failed", failure?.code);
    signal.throwIfAborted();
    if (failure === undefined) throw error;
    throw new GateRefusal(failure.message, failure.retryable ? 502 : 400);
  }
}

/** The status and the words of the service, without the key. */
async function passError(response: Response, { target, asked }: Forwarded, onEnd: () => void) {
  const { status } = response;
  const text = await response.text();
  const code = failureOf(new ServiceError(text, response), target)?.code;
  log.warn(
    { provider: target.name, model: asked?.model, code, status },
    "The provider refused an engine",
  );
  asked?.counted.close("failed", code);
  onEnd();
  const headers = answeredHeaders(response.headers, target.apiKey);
  return new Response(hideKeys(text, target.apiKey), { status, headers });
}

/** Nothing is read before the engine has taken what came before it. */
function passOn(
  response: Response,
  { target, asked }: Forwarded,
  onEnd: () => void,
  signal: AbortSignal,
): Response {
  const { status, body } = response;
  const headers = answeredHeaders(response.headers, target.apiKey);
  const answer =
    asked &&
    new PassedAnswer(asked.form, headers.get("content-type"), target.saysCost(asked.model));
  if (answer) asked.counted.begin(answer);
  const reader = (body ?? new Blob().stream()).getReader();
  const mask = new KeyMask(target.apiKey);
  let onAbort: (() => void) | undefined;
  const end = (outcome: "done" | "cut" | "failed"): void => {
    signal.removeEventListener("abort", onAbort!);
    asked?.counted.close(outcome);
    onEnd();
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onAbort = () => {
          controller.error(signal.reason);
          end("cut");
        };
        signal.addEventListener("abort", onAbort, { once: true });
      },
      async pull(controller) {
        try {
          for (let isPassed = false; !isPassed;) {
            const { value, done } = await reader.read();
            if (signal.aborted) return;
            const piece = done ? mask.end() : mask.pass(value);
            isPassed = done || piece.length > 0;
            if (piece.length > 0) controller.enqueue(piece);
            if (!done) asked?.counted.grow(value);
            else {
              controller.close();
              end("done");
            }
          }
        } catch (error) {
          if (signal.aborted) return;
          controller.error(error);
          end("failed");
        }
      },
      async cancel() {
        end("cut");
        await reader.cancel();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { status, headers });
}
