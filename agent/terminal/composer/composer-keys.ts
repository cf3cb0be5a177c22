/** The keys of the input, but for those that edit its text. */
import type { Client } from "../../client/state/client";
import type { OpenSession } from "../../client/state/open-session";
import { bindKey } from "../terminal-keys";
import type { InputCompletion } from "./input-completion";
import type { FieldHandle } from "./MessageField";
import type { SentHistory } from "./sent-history";

export interface ComposerKeys {
  client: Client;
  open: OpenSession;
  field: () => FieldHandle;
  completion: InputCompletion;
  history: SentHistory;
  /** Keys are meant for the input: nothing lies over it, and no card is selected. */
  isActive: () => boolean;
  send: () => void;
  tellNow: () => void;
  interrupt: () => void;
}

export function bindComposerKeys(keys: ComposerKeys): void {
  const { client, open, isActive } = keys;
  const isBusy = () => open.stage() === "running" || open.stage() === "stopping";
  const isEmpty = () => keys.field().text() === "";

  bindKey({
    key: "Enter",
    words: "Send; during a run, queue it for afterwards",
    // While a stop is to be confirmed, Enter does that.
    when: () => isActive() && !open.confirmation.isAsking(),
    run: keys.send,
  });
  for (const key of ["Ctrl+t", "Ctrl+Enter"])
    bindKey({
      key,
      words: "Tell the running model before its next turn",
      when: isActive,
      run: keys.tellNow,
    });
  for (const key of ["Ctrl+x", "Ctrl+Shift+Enter"])
    bindKey({
      key,
      words: "Stop the run, and send this at once",
      when: () => isActive() && isBusy(),
      run: keys.interrupt,
    });
  bindKey({
    key: "Ctrl+p",
    words: "Pause or resume; twice pauses at once",
    when: () => open.stage() === "running",
    run: open.control.togglePause,
  });
  const panels = [
    { key: "Ctrl+o", panel: "sidebar", words: "Sessions" },
    { key: "Ctrl+l", panel: "models", words: "Models" },
    { key: "Shift+Tab", panel: "permissions", words: "Permissions" },
    { key: "Ctrl+q", panel: "queue", words: "Queued messages" },
    { key: "Ctrl+f", panel: "search", words: "Search in this conversation" },
    { key: "f1", panel: "help", words: "Keys and commands" },
  ] as const;
  for (const { key, panel, words } of panels)
    bindKey({
      key,
      words,
      when: () => !client.route.isCovered(),
      run: () => client.setPanel(panel),
    });
  bindKey({
    key: "?",
    words: "Keys and commands, while the input is empty",
    when: () => isActive() && isEmpty(),
    run: () => client.setPanel("help"),
  });
  bindHistoryKeys(keys);
  bindCompletionKeys(keys);
}

function bindHistoryKeys({ field, history, isActive }: ComposerKeys): void {
  const walk = (to: (typed: string) => string | undefined) => {
    const text = to(field().text());
    if (text !== undefined) field().replace(text);
  };
  bindKey({
    key: "ArrowUp",
    words: "On the first line, the message that was sent before",
    repeats: true,
    when: () => isActive() && field().isOnFirstLine(),
    run: () => walk(history.earlier),
  });
  bindKey({
    key: "ArrowDown",
    repeats: true,
    when: () => isActive() && field().isOnLastLine(),
    run: () => walk(history.later),
  });
}

function bindCompletionKeys({ completion, isActive }: ComposerKeys): void {
  const isOpen = () => isActive() && completion.choices().length > 0;
  bindKey({ key: "ArrowUp", repeats: true, when: isOpen, run: () => completion.move(-1) });
  bindKey({ key: "ArrowDown", repeats: true, when: isOpen, run: () => completion.move(1) });
  bindKey({
    key: "Tab",
    words: "Complete a command or a path",
    when: isOpen,
    run: () => completion.take(),
  });
  bindKey({
    key: "Enter",
    when: () => isOpen() && completion.takesEnter(),
    run: () => completion.take(),
  });
  bindKey({ key: "Escape", when: isOpen, run: completion.close });
}
