/** The sessions: new, found by their titles and their messages, pinned, archived, and how each one is doing. A drawer on a narrow screen. */
import { createMemo, createSignal, For, Show } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import { createMinute } from "../state/clock";
import {
  groupByProject,
  groupsWithin,
  pinnedOf,
  rowsAtOnce,
  rowsOnScroll,
  searchGroups,
  type ShownGroup,
} from "../state/session-groups";
import { Button } from "./Button";
import { deferred } from "./deferred";
import { DrawerLayer } from "./DrawerLayer";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import { ListEnd } from "./ListEnd";
import { Notices } from "./Notices";
import { ProjectGroup } from "./ProjectGroup";
import { VisibleText } from "./VisibleText";
import styles from "./Sidebar.module.css";

const ArchivedSessions = deferred(
  async () => (await import("./ArchivedSessions")).ArchivedSessions,
);
const RemoveSession = deferred(async () => (await import("./RemoveSession")).RemoveSession);
const ShareSession = deferred(async () => (await import("./ShareSession")).ShareSession);
const FoundMessages = deferred(async () => (await import("./FoundMessages")).FoundMessages);

export function Sidebar() {
  const client = useClient();
  const [query, setQuery] = createSignal("");
  const [removing, setRemoving] = createSignal<SessionSummary>();
  const [sharing, setSharing] = createSignal<SessionSummary>();
  const isDrawerOpen = () => client.panel() === "sidebar";
  /** The drawer, and a sheet: who chooses a session wants to see it. */
  const close = () => client.setPanel("none");
  let search!: HTMLInputElement;
  let closer!: HTMLButtonElement;

  client.onFindSession(() => {
    // It is hidden while the side bar is a closed drawer.
    if (getComputedStyle(search).visibility === "hidden") client.setPanel("sidebar");
    search.focus();
  });

  const minute = createMinute();
  const isSearch = () => query().trim() !== "";
  const groups = createMemo(() => {
    const all = client.list.sorted();
    if (isSearch()) return groupByProject(all);
    return [...pinnedOf(all), ...groupByProject(all.filter((one) => one.pinnedAt === undefined))];
  });
  const [rows, setRows] = createSignal(rowsAtOnce);
  const isWhole = () => isSearch() || groups().length === 1;
  const matching = createMemo(() => searchGroups(groups(), query()));
  const found = createMemo(() => {
    const shown = groupsWithin(matching(), rows(), isWhole(), client.current().id());
    return new Map(shown.map((group) => [group.cwd, group]));
  });
  const hasMore = createMemo(() => {
    const shown = [...found().values()];
    const isCut = ({ first, sessions }: ShownGroup) => first < sessions.length;
    const isGrowing = isWhole() && !isSearch();
    return shown.length < matching().length || (isGrowing && shown.some(isCut));
  });

  return (
    <>
      <Show when={isDrawerOpen()}>
        <DrawerLayer class={styles.scrim} closer={() => closer} close={close} />
      </Show>
      <nav
        class={styles.sidebar}
        data-open={isDrawerOpen() ? "" : undefined}
        aria-label={t("Sessions")}
      >
        <div class={styles.brand}>
          <img src="/icon.svg" alt="" width="22" height="22" />
          <span>Rein</span>
          <IconButton
            icon="close"
            label={t("Close sessions")}
            keys="Escape"
            ref={closer}
            class={styles.close}
            onClick={close}
          />
        </div>
        <Button
          class={styles.new}
          onClick={() => {
            close();
            client.route.go(undefined);
          }}
        >
          <Icon name="plus" /> {t("New session")}
        </Button>
        <label class={styles.search}>
          <Icon name="search" />
          <input
            ref={search}
            type="search"
            placeholder={t("Search")}
            aria-label={t("Search sessions")}
            maxlength="500"
            onInput={(event) => {
              setQuery(event.currentTarget.value);
              setRows(rowsAtOnce);
            }}
          />
        </label>
        {/* The page's own are covered. */}
        <Show when={isDrawerOpen()}>
          <Notices />
        </Show>
        <div class={styles.rows} data-list>
          <Show when={client.list.unreached().length > 0}>
            <p class={styles.note} role="status">
              <VisibleText
                text={t("Not shown, as their servers did not answer: {names}", {
                  names: client.list.unreached().join(", "),
                })}
              />
            </p>
          </Show>
          <For each={[...found().keys()]}>
            {(cwd) => (
              <Show when={found().get(cwd)}>
                {(group) => (
                  <ProjectGroup
                    group={group()}
                    isOnly={groups().length === 1}
                    isFound={isSearch()}
                    isGrowing={!isSearch() && isWhole()}
                    now={minute()}
                    opened={close}
                    remove={setRemoving}
                    share={setSharing}
                  />
                )}
              </Show>
            )}
          </For>
          <Show when={hasMore() && !isSearch()}>
            <ListEnd drawn={rows()} seen={() => setRows(rows() + rowsOnScroll)} />
          </Show>
          {/* What was found in messages stands below: it must not move away from who scrolls there. */}
          <Show when={hasMore() && isSearch()}>
            <Button look="quiet" class={styles.more} onClick={() => setRows(rows() + rowsAtOnce)}>
              {t("Show more")}
            </Button>
          </Show>
          <Show
            when={isSearch()}
            fallback={
              <>
                <Show when={found().size === 0}>
                  <p class={styles.note}>{t("No sessions yet.")}</p>
                </Show>
                <Show when={!hasMore() && !client.list.archive.isEmpty()}>
                  <ArchivedSessions
                    now={minute()}
                    opened={close}
                    remove={setRemoving}
                    share={setSharing}
                  />
                </Show>
              </>
            }
          >
            <FoundMessages
              query={query()}
              isAlone={found().size === 0}
              now={minute()}
              opened={close}
              remove={setRemoving}
              share={setSharing}
            />
          </Show>
        </div>
        <div class={styles.foot}>
          <Button
            look="quiet"
            onClick={() => {
              close();
              client.route.openStops();
            }}
          >
            <Icon name="history" /> {t("Stops")}
          </Button>
          <Button look="quiet" onClick={() => client.setPanel("settings")}>
            <Icon name="settings" /> {t("Settings")}
          </Button>
        </div>
      </nav>
      <Show when={sharing()} keyed>
        {(session) => <ShareSession session={session} close={() => setSharing(undefined)} />}
      </Show>
      <Show when={removing()} keyed>
        {(session) => <RemoveSession session={session} close={() => setRemoving(undefined)} />}
      </Show>
    </>
  );
}
