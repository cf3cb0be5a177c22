/** What Rein may do in this session without asking. */
import { For } from "solid-js";
import type { Permissions } from "../../shared/protocol";
import { useClient } from "../state/client";
import { Icon } from "./Icon";
import { Menu } from "./Menu";

const choices: { id: Permissions; name: string; words: string }[] = [
  { id: "ask", name: "Asks first", words: "Reading is free; edits and commands ask." },
  {
    id: "edits",
    name: "Edits allowed",
    words: "Edits in the working directory are free; commands ask.",
  },
  { id: "all", name: "All allowed", words: "Nothing asks. Stop still works at any time." },
];

export function PermissionsSwitch() {
  const client = useClient();
  const chosen = () => client.current().chosen().permissions ?? "ask";
  const name = () => choices.find((choice) => choice.id === chosen())?.name ?? chosen();
  return (
    <Menu
      label={`Permissions: ${name()}`}
      class={chosen() === "all" ? "chip marked" : "chip"}
      trigger={
        <>
          <Icon name="shield" />
          <span class="chip-text">{name()}</span>
        </>
      }
    >
      {(close) => (
        <For each={choices}>
          {(choice) => (
            <button
              type="button"
              class="item tall"
              role="menuitemradio"
              aria-checked={choice.id === chosen()}
              onClick={() => {
                client.current().change({ permissions: choice.id });
                close();
              }}
            >
              <span class="item-text">{choice.name}</span>
              <span class="item-words">{choice.words}</span>
            </button>
          )}
        </For>
      )}
    </Menu>
  );
}
