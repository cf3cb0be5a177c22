/** What Rein may do in this session without asking. */
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

/** What nobody looks at before it runs can then do more than in a sandbox. */
const unconfined =
  "Nothing asks, and commands run without a sandbox: they can read and change whatever your user can.";

export function PermissionsSwitch() {
  const client = useClient();
  const chosen = () => client.current().chosen().permissions ?? "ask";
  const isUnconfined = () => client.commands.answer()?.sandboxed === false;
  const name = () => choices.find((choice) => choice.id === chosen())?.name ?? chosen();
  return (
    <Menu
      label={`Permissions: ${name()}`}
      button={{ marked: chosen() === "all" }}
      trigger={
        <>
          <Icon name="shield" />
          <span>{name()}</span>
        </>
      }
      entries={choices.map(({ id, name, words }) => ({
        name,
        words: id === "all" && isUnconfined() ? unconfined : words,
        checked: id === chosen(),
        run: () => client.current().change({ permissions: id }),
      }))}
    />
  );
}
