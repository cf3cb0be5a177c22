/** @jsxImportSource @opentui/solid */
/** Every key and every command, as they are bound. */
import { createMemo, createSignal } from "solid-js";
import { useClient } from "../../client/state/client";
import { offered } from "../../client/state/commands";
import { listedKeys } from "../../client/state/key-bindings";
import { createTerminalCommands } from "../composer/terminal-commands";
import { editingKeys } from "../composer/editing-keys";
import { keyWords } from "../terminal-keys";
import { ChoiceList, type Line } from "./ChoiceList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

export function HelpPanel(props: PanelProps) {
  const client = useClient();
  const [query, setQuery] = createSignal("");
  // Nothing is run from here: the input has the commands that exit.
  const commands = createTerminalCommands(client, props.open, {
    exit: () => {},
    copy: () => false,
  });
  const all = createMemo((): Line[] => [
    ...listedKeys().map(({ key, words }) => entry(keyWords(key), words)),
    ...editingKeys.flatMap(({ shown }) =>
      shown === undefined ? [] : [entry(shown.keys.join(", "), shown.words)],
    ),
    ...offered(commands).map(({ name, argument, words }) =>
      entry(`/${name}${argument ? ` <${argument}>` : ""}`, words),
    ),
  ]);
  const lines = createMemo(() => {
    const wanted = query().trim().toLowerCase();
    return all().filter(({ id }) => id.toLowerCase().includes(wanted));
  });
  return (
    <PanelFrame
      title="Keys and commands"
      hints={["Type to search", "Escape closes"]}
      close={props.close}
    >
      <ChoiceList
        lines={lines()}
        filter={{ query: query(), set: setQuery, placeholder: "Find a key or a command" }}
        empty="Nothing found."
        choose={() => {}}
      />
    </PanelFrame>
  );
}

function entry(keys: string, words: string): Line {
  return { id: `${keys} ${words}`, text: words, side: keys };
}
