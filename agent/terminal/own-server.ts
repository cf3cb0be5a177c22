/**
 * While this machine's server cannot be reached, it is looked for, and a key starts it again: it may have ended, or a person
 * has ended it.
 */
import { createEffect, createSignal, onCleanup } from "solid-js";
import { wordsFor } from "../client/state/api-client";
import type { Client } from "../client/state/client";
import { truncate } from "../shared/truncate";

export interface OwnServerActions {
  /** Looks where it is now, and makes that known to the state. Rejects when it does not answer. */
  find: () => Promise<void>;
  /** Resolves once it answers and its address is known to the state. Rejects with an Error for a person. */
  start: (say: (words: string) => void) => Promise<void>;
}

/** Between two looks. */
const lookMs = 1000;

/** A server that ends as it starts has said why, at length. */
const maxCharacters = 1000;

/** Until the owner is disposed. Does nothing without `own`: the server is another's. */
export function followOwnServer(client: Client, own: OwnServerActions | undefined): void {
  if (own === undefined) return;
  const { notices } = client;
  /** What is said while it starts. */
  const [starting, setStarting] = createSignal<string>();

  const start = async (): Promise<void> => {
    notices.dismiss("server-start-failed");
    setStarting("Starting Rein's server…");
    try {
      await own.start(setStarting);
    } catch (error) {
      notices.keep({
        id: "server-start-failed",
        text: "The server has not been started.",
        detail: truncate(wordsFor(error), maxCharacters),
      });
    }
    setStarting(undefined);
  };

  createEffect(() => {
    if (client.current().connection() !== "lost") return;
    const looking = new AbortController();
    onCleanup(() => looking.abort());
    void look(own, looking.signal);
  });
  createEffect(() => {
    const id = "server-start";
    const text = starting();
    if (text !== undefined) return notices.keep({ id, text, holds: true });
    if (client.current().connection() !== "lost") return notices.dismiss(id);
    const action = { label: "start it again", run: () => void start() };
    notices.keep({ id, text: "This machine's server does not answer.", action, holds: true });
  });
}

/** Another command may have started it, at another address. Resolves after the signal aborts. */
async function look(own: OwnServerActions, signal: AbortSignal): Promise<void> {
  for (; !signal.aborted; await Bun.sleep(lookMs))
    try {
      await own.find();
    } catch (error) {
      console.error("This machine's server could not be found:", error);
    }
}
