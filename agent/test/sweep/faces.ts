/**
 * A face of Rein as the sweep uses it: it sends the first message of a conversation in its own way, stops it as its user
 * would, and tells how that ended. Here are those that are requests of this process: the SDK and the AI SDK's chat.
 */
import { uiStreamType } from "../../server/http/ui-stream/ui-follow";
import { createRein } from "../../sdk/create-rein";
import type { Outcome } from "../../shared/protocol";
import type { ScenarioRunner } from "./scenario-runner";

export interface Face {
  /** Resolves when it has shown the end of the run, or is gone. */
  ended: Promise<unknown>;
  /** Ends the run. Resolves with the outcome that it tells; undefined when it is gone without a word. */
  stop(): Promise<Outcome | undefined>;
  close(): Promise<void>;
}

/** `rein.chat` of the SDK, with a signal. */
export function openSdk({ fixture, request }: ScenarioRunner): Face {
  const stopping = new AbortController();
  const { url, token } = fixture.address;
  const rein = createRein({ url, credential: token, client: "api" });
  const ended = lastOutcome();
  return { ended, stop: () => (stopping.abort(), ended), close: nothing };

  async function lastOutcome(): Promise<Outcome | undefined> {
    let outcome: Outcome | undefined;
    for await (const event of rein.chat({ ...request(), cwd: fixture.cwd }, stopping.signal))
      if (event.type === "run-end") outcome = event.outcome;
    return outcome;
  }
}

/** The request of the AI SDK's chat, whose `stop()` closes the connection. */
export function openUiStream({ fixture, request }: ScenarioRunner): Face {
  const closing = new AbortController();
  const { message, ...choices } = request();
  const id = `message-${crypto.randomUUID()}`;
  const parts = [{ type: "text", text: message }];
  const body = { ...choices, id: crypto.randomUUID(), messages: [{ id, role: "user", parts }] };
  const ended = fixture
    .call("wire", "/api/chat", {
      method: "POST",
      headers: { Accept: uiStreamType },
      body: JSON.stringify(body),
      signal: closing.signal,
    })
    .then((response) => response.text());
  return {
    ended,
    async stop() {
      closing.abort();
      await ended.catch(nothing);
      return undefined;
    },
    close: nothing,
  };
}

async function nothing(): Promise<undefined> {}
