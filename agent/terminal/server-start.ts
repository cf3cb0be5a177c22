/** While this machine's server cannot be reached, a key starts it again: it may have ended, or a person has ended it. */
import { createEffect, createSignal } from "solid-js";
import { wordsFor } from "../client/state/api-client";
import type { Client } from "../client/state/client";
import { truncate } from "../shared/truncate";

/** Resolves once it answers and its address is known to the state. Rejects with an Error for a person. */
export type StartServer = (say: (words: string) => void) => Promise<void>;

/** A server that ends as it starts has said why, at length. */
const maxCharacters = 1000;

/** Until the owner is disposed. Does nothing without `start`: the server is another's. */
export function offerServerStart(client: Client, start: StartServer | undefined): void {
  if (start === undefined) return;
  const { notices } = client;
  /** What is said while it starts. */
  const [starting, setStarting] = createSignal<string>();

  async function run(launch: StartServer): Promise<void> {
    notices.dismiss("server-start-failed");
    setStarting("Starting Rein's server…");
    try {
      await launch(setStarting);
    } catch (error) {
      notices.keep({
        id: "server-start-failed",
        text: "The server has not been started.",
        detail: truncate(wordsFor(error), maxCharacters),
      });
    }
    setStarting(undefined);
  }

  createEffect(() => {
    const id = "server-start";
    const text = starting();
    if (text !== undefined) return notices.keep({ id, text, holds: true });
    if (client.current().connection() !== "lost") return notices.dismiss(id);
    const action = { label: "start it again", run: () => void run(start) };
    notices.keep({ id, text: "This machine's server does not answer.", action, holds: true });
  });
}
