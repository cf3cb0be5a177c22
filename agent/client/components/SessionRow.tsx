/** One session in the side bar, with what it is doing now. */
import { createSignal, Show } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { fullTime, shortTime } from "../state/format";
import { pathOf } from "../state/route";
import textStyles from "../styles/text-styles.module.css";
import { download } from "./download";
import { Icon } from "./Icon";
import { Menu } from "./Menu";
import styles from "./SessionRow.module.css";
import { StateDot } from "./StateDot";
import { TitleField } from "./TitleField";
import { VisibleText } from "./VisibleText";
import { visibleString } from "../../shared/visible-text";

export interface SessionRowProps {
  session: SessionSummary;
  /** To the minute. */
  now: number;
  opened(): void;
  remove(): void;
}

export function SessionRow(props: SessionRowProps) {
  const client = useClient();
  const [renaming, setRenaming] = createSignal(false);
  const isCurrent = () => client.current().id() === props.session.id;

  function open(event: MouseEvent): void {
    // With these keys the browser opens a new tab or window.
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
    <li class={styles.row}>
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
          <StateDot state={stateOf(props.session)} title={stateWords[stateOf(props.session)]} />
          <span class={textStyles.truncated}>
            <VisibleText text={props.session.title || "Untitled"} />
          </span>
          <span class={textStyles.unseen}>{stateWords[stateOf(props.session)]}</span>
          <time
            class={styles.time}
            datetime={new Date(props.session.updatedAt).toISOString()}
            title={fullTime(props.session.updatedAt)}
          >
            <span aria-hidden="true">{shortTime(props.session.updatedAt, props.now)}</span>
            <span class={textStyles.unseen}>{fullTime(props.session.updatedAt)}</span>
          </time>
        </a>
        <Menu
          label={`More for ${visibleString(props.session.title || "Untitled")}`}
          button={{ look: "quiet", iconOnly: true, class: styles.more }}
          trigger={<Icon name="more" />}
          entries={[
            { name: "Rename", run: () => setRenaming(true) },
            {
              name: "Export as Markdown",
              run: () => void download(`/api/sessions/${props.session.id}/export`, client.notices),
            },
            { name: "Delete", destructive: true, run: () => props.remove() },
          ]}
        />
      </Show>
    </li>
  );
}

type RowState = SessionSummary["state"] | "failed" | "survivors";

function stateOf(session: SessionSummary): RowState {
  if (session.state !== "idle") return session.state;
  if (session.survivors) return "survivors";
  return session.outcome === "failed" ? "failed" : "idle";
}

export const stateWords: Record<RowState, string> = {
  idle: "",
  running: "Working",
  waiting: "Waits for your answer",
  pausing: "Pausing",
  paused: "Paused",
  stopping: "Stopping",
  failed: "The last run failed",
  survivors: "Processes could not be stopped",
};
