/** The commands and skills of files as commands of the input: `/name arguments` is sent as that, and the server makes its text of it. */
import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";
import type { CommandCall, Definition } from "../../shared/protocol";
import { api, logFailure } from "./api-client";
import { callableDefinitions } from "./callable-definitions";
import type { Client } from "./client";
import type { Command } from "./commands";
import type { OpenSession } from "./open-session";
import { originWords } from "./project-words";
import { t } from "../../shared/translation";

const timeoutMs = 30_000;

export interface FileCommands {
  /** Looked for anew with each input that begins with a slash; those of the last time until then. */
  commands: Accessor<Command[]>;
  /** Settles once those that are being looked for are there, or cannot be listed. Undefined while none are looked for. */
  listing: () => Promise<void> | undefined;
}

/** Inside a component. `isWanted`: by default while a command may be typed in the message field. */
export function createFileCommands(
  client: Client,
  open: OpenSession,
  isWanted = () => open.input.text().startsWith("/"),
): FileCommands {
  const [found, setFound] = createSignal<readonly Definition[]>([]);
  let listing: Promise<void> | undefined;
  const closing = new AbortController();
  onCleanup(() => closing.abort());
  const cwd = () => open.chosen().cwd || client.models.models()?.cwd || "";
  /** "" while nothing is wanted. Another one, where the session was only then loaded, is looked at too. */
  const wanted = createMemo(() => (isWanted() ? cwd() : ""));

  async function look(at: string): Promise<void> {
    try {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]);
      const { definitions } = await api.project(at, signal);
      if (at === cwd()) setFound(definitions);
    } catch (error) {
      // Without an answer there are no such commands.
      if (!closing.signal.aborted) logFailure("The commands of files were not listed", error);
    }
  }

  createEffect(
    on(wanted, (at) => {
      if (at === "") return;
      const started = look(at).finally(() => {
        if (listing === started) listing = undefined;
      });
      listing = started;
    }),
  );
  const commands = createMemo((): Command[] =>
    callableDefinitions(found()).map((one) => ({
      name: one.name,
      words: wordsOf(one),
      argument: one.argumentHint ?? t("arguments"),
      run: (typed) => send(open, { name: one.name, arguments: typed }),
      call: (typed) => ({ name: one.name, arguments: typed }),
    })),
  );
  return { commands, listing: () => listing };
}

/** As a message would be: now, behind a stop too, or once the run that goes on is done. */
function send({ stage, control, attached, send }: OpenSession, command: CommandCall): void {
  if (stage() === "running") control.queue(command, "run");
  else send("", { command, interrupt: stage() === "stopping", files: attached.take() });
}

function wordsOf({ kind, description, origin, argumentHint }: Definition): string {
  const what =
    kind === "skill" ? t("skill {origin}", { origin: originWords[origin] }) : originWords[origin];
  return [description, argumentHint, what].filter(Boolean).join(" · ");
}
