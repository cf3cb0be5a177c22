/** The sessions of one project in the side bar, or those that are pinned: folded or not, the newest first, more on request. */
import { createMemo, createSignal, For, Show } from "solid-js";
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import { mostUrgent, pinnedGroup, rowsAtOnce, type ShownGroup } from "../state/session-groups";
import textStyles from "../styles/text-styles.module.css";
import { Button } from "./Button";
import { FoldHeading } from "./FoldHeading";
import styles from "./ProjectGroup.module.css";
import { rowStateWords } from "../state/session-rows";
import { type RowActions, SessionRow } from "./SessionRow";
import { StateDot } from "./StateDot";

export interface ProjectGroupProps extends RowActions {
  group: ShownGroup;
  /** The list has no other group: it needs no heading. */
  isOnly: boolean;
  /** What was found is shown, folded or not. */
  isFound: boolean;
  /** More of it is drawn when the end of the list comes into view. */
  isGrowing: boolean;
}

export function ProjectGroup(props: ProjectGroupProps) {
  const client = useClient();
  const [shown, setShown] = createSignal(0);
  const { preferences } = client;
  const isOpen = () => props.isOnly || props.isFound || !preferences.isFolded(props.group.cwd);
  const most = () => shown() + props.group.first;
  /** The open session is always among them. By their ids: a row stays the same whatever changes in it. */
  const ids = createMemo(() => {
    const current = client.current().id();
    const all = props.group.sessions.map(({ id }) => id);
    // Two more take no more room than the button for them.
    const end = all.length <= most() + 2 ? all.length : most();
    return all.filter((id, index) => index < end || id === current);
  });
  const left = () => props.group.sessions.length - ids().length;
  const urgent = () =>
    isOpen() ? undefined : mostUrgent(props.group.sessions.map(({ state }) => state));

  return (
    <section>
      <Show when={!props.isOnly}>
        <FoldHeading
          name={props.group.name}
          title={props.group.cwd === pinnedGroup ? undefined : props.group.cwd}
          isOpen={isOpen()}
          toggle={() => preferences.setFolded(props.group.cwd, isOpen())}
        >
          <Show when={urgent()}>
            {(state) => (
              <>
                <StateDot state={state()} title={rowStateWords[state()]} />
                <span class={textStyles.unseen}>{rowStateWords[state()]}</span>
              </>
            )}
          </Show>
        </FoldHeading>
      </Show>
      <Show when={isOpen()}>
        <ul>
          <For each={ids()}>
            {(id) => (
              <Show when={client.list.find(id)}>
                {(session) => (
                  <SessionRow
                    session={session()}
                    now={props.now}
                    opened={() => props.opened()}
                    remove={(removed) => props.remove(removed)}
                    share={(shared) => props.share(shared)}
                  />
                )}
              </Show>
            )}
          </For>
        </ul>
        <Show when={left() > 0 && !props.isGrowing}>
          <Button look="quiet" class={styles.more} onClick={() => setShown(shown() + rowsAtOnce)}>
            {t("Show {count} more", { count: Math.min(left(), rowsAtOnce) })}
          </Button>
        </Show>
      </Show>
    </section>
  );
}
