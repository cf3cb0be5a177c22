/** The sessions: new, search, rename, delete, and how each one is doing. A drawer on a narrow screen. */
import { createMemo, createSignal, For, Show } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import { bindKey } from "../keys";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { Button } from "./Button";
import { Confirm } from "./Confirm";
import { DrawerLayer } from "./DrawerLayer";
import { Icon } from "./Icon";
import { SessionRow } from "./SessionRow";
import styles from "./Sidebar.module.css";
import { visibleString } from "../../shared/visible-text";

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

  const groups = createMemo(() => {
    const wanted = query().trim().toLowerCase();
    const found = client.list
      .sorted()
      .filter((session) => session.title.toLowerCase().includes(wanted));
    return groupByDay(found);
  });

  async function remove(session: SessionSummary): Promise<void> {
    try {
      await api.deleteSession(session.id, requestTimeout());
      client.list.apply({ type: "session-removed", id: session.id });
      if (client.current().id() === session.id) client.route.go(undefined);
    } catch (error) {
      client.notices.toast("The session was not deleted", wordsFor(error));
    }
  }

  return (
    <>
      <Show when={isDrawerOpen()}>
        <DrawerLayer class={styles.scrim} closer={() => closer} close={close} />
      </Show>
      <nav class={styles.sidebar} data-open={isDrawerOpen() ? "" : undefined} aria-label="Sessions">
        <div class={styles.brand}>
          <img src="/icon.svg" alt="" width="22" height="22" />
          <span>Rein</span>
          <Button
            look="quiet"
            iconOnly
            ref={closer}
            class={styles.close}
            aria-label="Close sessions"
            onClick={close}
          >
            <Icon name="close" />
          </Button>
        </div>
        <Button
          class={styles.new}
          onClick={() => {
            close();
            client.route.go(undefined);
          }}
        >
          <Icon name="plus" /> New session
        </Button>
        <label class={styles.search}>
          <Icon name="search" />
          <input
            ref={search}
            type="search"
            placeholder="Search"
            title="Ctrl or ⌘ + K"
            aria-label="Search sessions"
            onInput={(event) => setQuery(event.currentTarget.value)}
          />
        </label>
        <div class={styles.rows}>
          <For each={groups()}>
            {(group) => (
              <section>
                <h2>{group.name}</h2>
                <ul>
                  <For each={group.sessions}>
                    {(session) => (
                      <SessionRow
                        session={session}
                        opened={close}
                        remove={() => setDeleting(session)}
                      />
                    )}
                  </For>
                </ul>
              </section>
            )}
          </For>
          <Show when={groups().length === 0}>
            <p class={styles.note}>{query() === "" ? "No sessions yet." : "Nothing found."}</p>
          </Show>
        </div>
        <Button
          look="quiet"
          class={styles.foot}
          onClick={() => {
            close();
            client.route.openStops();
          }}
        >
          <Icon name="history" /> Stops
        </Button>
        <Button look="quiet" class={styles.foot} onClick={() => client.setPanel("settings")}>
          <Icon name="settings" /> Settings
        </Button>
      </nav>
      <Show when={deleting()}>
        {(session) => (
          <Confirm
            title="Delete this session?"
            text={`“${visibleString(session().title)}” and its messages will be deleted. Files that it changed stay as they are.`}
            action="Delete"
            run={() => void remove(session())}
            close={() => setDeleting(undefined)}
          />
        )}
      </Show>
    </>
  );
}

const dayMs = 24 * 60 * 60 * 1000;

function groupByDay(sessions: SessionSummary[]): { name: string; sessions: SessionSummary[] }[] {
  const today = new Date().setHours(0, 0, 0, 0);
  const nameOf = (at: number) => {
    if (at >= today) return "Today";
    if (at >= today - dayMs) return "Yesterday";
    return at >= today - 7 * dayMs ? "This week" : "Earlier";
  };
  const groups = Map.groupBy(sessions, (session) => nameOf(session.updatedAt));
  return [...groups].map(([name, members]) => ({ name, sessions: members }));
}
