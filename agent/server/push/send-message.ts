/** Sends one push message to the service of a browser's maker: bounded in time, and only where addresses of the web may lead. */
import { createHash } from "node:crypto";
import { link } from "../abort";
import { fetchChecked, type Network } from "../tools/web/fetch-checked";
import { failureWords } from "../tools/web/request-failure";
import { ToolError } from "../tools/tool";
import { encryptMessage } from "./encrypt-message";
import type { Subscription } from "./push-file";
import { authorization, contactAt, type ServerKeys } from "./server-token";

export const answerMs = 10_000;
/** Seconds for which the service keeps it for a browser that is off. */
const keptS = 24 * 60 * 60;

export interface PushMessage {
  /** Of several with the same one that wait at the service, only the last is delivered. */
  topic: string;
  text: string;
}

/** "gone": the browser has ended the subscription. Otherwise why it did not work, for people. */
export type Sent = "sent" | "gone" | { failure: string; isLasting: boolean };

/** Throws only the signal's reason. */
export async function sendMessage(
  { endpoint, keys, host }: Pick<Subscription, "endpoint" | "keys" | "host">,
  { topic, text }: PushMessage,
  server: ServerKeys,
  network: Network,
  signal: AbortSignal,
): Promise<Sent> {
  const url = new URL(endpoint);
  using own = link(signal);
  const late = setTimeout(() => own.controller.abort(), answerMs);
  try {
    const body = encryptMessage(text, keys);
    const headers = {
      authorization: authorization(url, contactAt(host), server),
      "content-encoding": "aes128gcm",
      "content-type": "application/octet-stream",
      ttl: String(keptS),
      urgency: "high",
      topic: createHash("sha256").update(topic).digest("base64url").slice(0, 32),
    };
    const init = { method: "POST", headers, body: new Uint8Array(body) };
    const response = await fetchChecked(url, init, network, own.controller.signal);
    // What it says is of no use, and may be long.
    await response.body?.cancel();
    return answerOf(response.status, url);
  } catch (error) {
    signal.throwIfAborted();
    const isLate = own.controller.signal.aborted;
    const why = isLate ? `it did not answer within ${answerMs / 1000} s` : wordsOf(error);
    const isLasting = error instanceof ToolError;
    return { failure: isLasting ? why : `${url.host}: ${why}`, isLasting };
  } finally {
    clearTimeout(late);
    own.controller.abort();
  }
}

function answerOf(status: number, { host }: URL): Sent {
  if (status >= 200 && status < 300) return "sent";
  if (status === 404 || status === 410) return "gone";
  const isLasting = status !== 429 && status < 500;
  return { failure: `${host} answered with status ${status}`, isLasting };
}

function wordsOf(error: unknown): string {
  return error instanceof ToolError ? error.message : failureWords(error);
}
