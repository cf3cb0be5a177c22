/** Where the session works. It can be chosen until the first message. */
import { createSignal, Show } from "solid-js";
import { useClient } from "../state/client";
import { shortPath } from "../state/format";
import { Icon } from "./Icon";
import { Menu } from "./Menu";

export function DirectoryChip() {
  const client = useClient();
  const cwd = () => client.current().chosen().cwd || client.models.models()?.cwd || "";
  const isFixed = () => client.current().session.messages.length > 0;
  return (
    <Menu
      label={`Working directory: ${cwd()}`}
      kind="dialog"
      trigger={
        <>
          <Icon name="folder" />
          <span class="chip-text">{shortPath(cwd())}</span>
        </>
      }
    >
      {(close) => (
        <Show when={!isFixed()} fallback={<p class="menu-note path">{cwd()}</p>}>
          <PathForm
            path={cwd()}
            save={(path) => {
              client.current().change({ cwd: path });
              close();
            }}
          />
        </Show>
      )}
    </Menu>
  );
}

function PathForm(props: { path: string; save: (path: string) => void }) {
  const [path, setPath] = createSignal(props.path);
  return (
    <form
      class="path-form"
      onSubmit={(event) => {
        event.preventDefault();
        props.save(path().trim());
      }}
    >
      <label>
        Working directory
        <input
          class="path"
          autofocus
          required
          spellcheck={false}
          value={path()}
          onInput={(event) => setPath(event.currentTarget.value)}
        />
      </label>
      <p class="menu-note">Commands run here, and files outside of it need your approval.</p>
      <div class="buttons">
        <button type="submit" class="primary">
          Work here
        </button>
      </div>
    </form>
  );
}
