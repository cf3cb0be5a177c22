/** One session in the side bar, with what it is doing now. */
import { createSignal, Show } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import { useClient } from "../state/client";
import { fullTime, shortTime } from "../state/format";
import { pathOf } from "../state/route";
import { rowState, rowStateWords } from "../state/session-rows";
import textStyles from "../styles/text-styles.module.css";
import { deferredValue } from "./deferred";
import { Icon } from "./Icon";
import { Menu } from "./Menu";
import styles from "./SessionRow.module.css";
import { StateDot } from "./StateDot";
import { TitleField } from "./TitleField";
import { hasPeople, me } from "../state/me";
import { VisibleText } from "./VisibleText";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";

const sessionEntries = deferredValue(
  async () => (await import("./session-entries")).sessionEntries,
);

/** What all rows of a list share. */
export interface RowActions {
  /** To the minute. */
  now: number;
  opened(): void;
  remove(session: SessionSummary): void;
  share(session: SessionSummary): void;
}

export interface SessionRowProps extends RowActions {
  session: SessionSummary;
}

export function SessionRow(props: SessionRowProps) {
  const client = useClient();
  const [renaming, setRenaming] = createSignal(false);
  const title = () => props.session.title || t("Untitled");
  const isCurrent = () => client.current().id() === props.session.id;
  const state = () => rowState(props.session, client.cluster.away);

  /** Made when the menu is opened. */
  const entries = () =>
    sessionEntries()?.({
      client,
      session: props.session,
      rename: () => setRenaming(true),
      remove: () => props.remove(props.session),
      share: () => props.share(props.session),
    }) ?? [];

  async function rename(title: string): Promise<void> {
    const { renameSession } = await import("../state/session-actions");
    await renameSession(client, props.session.id, title);
  }

  function open(event: MouseEvent): void {
    // With these keys the browser opens a new tab or window.
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    props.opened();
    client.route.go(props.session.id);
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
          <StateDot state={state()} title={rowStateWords[state()]} />
          <span class={textStyles.truncated}>
            <VisibleText text={title()} />
          </span>
          <span class={textStyles.unseen}>{rowStateWords[state()]}</span>
          <Show when={props.session.user !== me()?.name && hasPeople() && props.session.user}>
            {(user) => (
              <span
                class={styles.node}
                title={t("Begun by {name}", { name: visibleString(user()) })}
              >
                <span class={textStyles.unseen}>{t("Begun by")} </span>
                <VisibleText text={user()} />
              </span>
            )}
          </Show>
          <Show when={client.cluster.isShown() && props.session.node}>
            {(node) => (
              <span
                class={styles.node}
                data-away={state() === "away" ? "" : undefined}
                title={t("On machine {name}", { name: visibleString(node()) })}
              >
                <span class={textStyles.unseen}>{t("On machine")} </span>
                <VisibleText text={node()} />
              </span>
            )}
          </Show>
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
          label={t("More for {title}", { title: visibleString(title()) })}
          button={{ look: "quiet", iconOnly: true, class: styles.more }}
          trigger={<Icon name="more" />}
          entries={entries()}
        />
      </Show>
    </li>
  );
}
