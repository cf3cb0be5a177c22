/** The sessions: new, search, rename, delete, and how each one is doing. A drawer on a narrow screen. */
import { createMemo, createSignal, For, Show } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { bindKey } from "../keys";
import { useClient } from "../state/client";
import { createMinute } from "../state/clock";
import { groupByProject, groupsWithin, rowsAtOnce, searchGroups } from "../state/session-groups";
import { deleteSession, deletionWords } from "../state/session-rows";
import { Button } from "./Button";
import { Confirm } from "./Confirm";
import { DrawerLayer } from "./DrawerLayer";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import { ProjectGroup } from "./ProjectGroup";
import styles from "./Sidebar.module.css";

export function Sidebar() {
  const client = useClient();
  const [query, setQuery] = createSignal("");
  const [deleting, setDeleting] = createSignal<SessionSummary>();
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
  bindKey({ key: "Mod+k", when: () => true, run: () => client.findSession() });

  const minute = createMinute();
  const groups = createMemo(() => groupByProject(client.list.sorted()));
  const [rows, setRows] = createSignal(rowsAtOnce);
  const isSearch = () => query().trim() !== "";
  const matching = createMemo(() => searchGroups(groups(), query()));
  const found = createMemo(() => {
    const isWhole = isSearch() || groups().length === 1;
    const shown = groupsWithin(matching(), rows(), isWhole, client.current().id());
    return new Map(shown.map((group) => [group.cwd, group]));
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
            title={t("Ctrl or ⌘ + K")}
            aria-label={t("Search sessions")}
            onInput={(event) => {
              setQuery(event.currentTarget.value);
              setRows(rowsAtOnce);
            }}
          />
        </label>
        <div class={styles.rows}>
          <For each={[...found().keys()]}>
            {(cwd) => (
              <Show when={found().get(cwd)}>
                {(group) => (
                  <ProjectGroup
                    group={group()}
                    isOnly={groups().length === 1}
                    isFound={isSearch()}
                    now={minute()}
                    opened={close}
                    remove={setDeleting}
                  />
                )}
              </Show>
            )}
          </For>
          <Show when={found().size < matching().length}>
            <Button look="quiet" class={styles.more} onClick={() => setRows(rows() + rowsAtOnce)}>
              {t("Show more projects")}
            </Button>
          </Show>
          <Show when={found().size === 0}>
            <p class={styles.note}>
              {query() === "" ? t("No sessions yet.") : t("Nothing found.")}
            </p>
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
      <Show when={deleting()}>
        {(session) => (
          <Confirm
            title={t("Delete this session?")}
            text={deletionWords(session())}
            action={t("Delete")}
            run={() => void deleteSession(client, session())}
            close={() => setDeleting(undefined)}
          />
        )}
      </Show>
    </>
  );
}
