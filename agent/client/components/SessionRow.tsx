/** One session in the side bar, with what it is doing now. */
import { createSignal, Show } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { pathOf } from "../state/route";
import { Icon } from "./Icon";
import { Menu } from "./Menu";
import { TitleField } from "./TitleField";

export interface SessionRowProps {
  session: SessionSummary;
  opened(): void;
  remove(): void;
}

export function SessionRow(props: SessionRowProps) {
  const client = useClient();
  const [renaming, setRenaming] = createSignal(false);
  const isCurrent = () => client.current().id() === props.session.id;

  function open(event: MouseEvent): void {
    // A new tab or window is the browser's business.
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    props.opened();
    client.route.go(props.session.id);
  }

  async function rename(title: string): Promise<void> {
    try {
      await api.patchSession(props.session.id, { title }, requestTimeout());
    } catch (error) {
      client.notices.toast("The session was not renamed", wordsFor(error));
    }
  }

  return (
    <li class="row" classList={{ current: isCurrent() }}>
      <Show
        when={!renaming()}
        fallback={
          <TitleField
            title={props.session.title}
            save={(title) => void rename(title)}
            close={() => setRenaming(false)}
          />
        }
      >
        <a
          href={pathOf(props.session.id)}
          aria-current={isCurrent() ? "page" : undefined}
          onClick={open}
        >
          <span
            class="dot"
            data-state={stateOf(props.session)}
            title={words[stateOf(props.session)]}
          />
          <span class="row-title">{props.session.title || "Untitled"}</span>
          <span class="unseen">{words[stateOf(props.session)]}</span>
        </a>
        <Menu
          label={`More for ${props.session.title || "Untitled"}`}
          class="quiet icon-only row-more"
          trigger={<Icon name="more" />}
        >
          {(close) => (
            <>
              <button
                type="button"
                role="menuitem"
                class="item"
                onClick={() => {
                  close();
                  setRenaming(true);
                }}
              >
                Rename
              </button>
              <a
                role="menuitem"
                class="item"
                href={api.exportUrl(props.session.id)}
                download=""
                onClick={close}
              >
                Export as Markdown
              </a>
              <button
                type="button"
                role="menuitem"
                class="item destructive"
                onClick={() => {
                  close();
                  props.remove();
                }}
              >
                Delete
              </button>
            </>
          )}
        </Menu>
      </Show>
    </li>
  );
}

type RowState = SessionSummary["state"] | "failed";

function stateOf(session: SessionSummary): RowState {
  return session.state === "idle" && session.outcome === "failed" ? "failed" : session.state;
}

const words: Record<RowState, string> = {
  idle: "",
  running: "Working",
  waiting: "Waits for your answer",
  pausing: "Pausing",
  paused: "Paused",
  stopping: "Stopping",
  failed: "The last run failed",
};
