/** The part of the side bar with the sessions in the archive, folded at first: loaded when it is opened. */
import { createSignal, For, Show } from "solid-js";
import { t } from "../../shared/translation";
import { wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { rowsOnScroll } from "../state/session-groups";
import { FoldHeading } from "./FoldHeading";
import { ListEnd } from "./ListEnd";
import { type RowActions, SessionRow } from "./SessionRow";

export function ArchivedSessions(props: RowActions) {
  const client = useClient();
  const { archive } = client.list;
  const [isOpen, setOpen] = createSignal(false);
  const [rows, setRows] = createSignal(rowsOnScroll);
  const ids = () => archive.sorted().map(({ id }) => id);

  async function toggle(): Promise<void> {
    setOpen(!isOpen());
    if (!isOpen()) return;
    try {
      await archive.load();
    } catch (error) {
      client.notices.toast(t("The archive could not be loaded"), wordsFor(error));
    }
  }

  return (
    <section>
      <FoldHeading name={t("Archived")} isOpen={isOpen()} toggle={() => void toggle()} />
      <Show when={isOpen()}>
        <ul>
          <For each={ids().slice(0, rows())}>
            {(id) => (
              <Show when={client.list.find(id)}>
                {(session) => <SessionRow session={session()} {...props} />}
              </Show>
            )}
          </For>
        </ul>
        <Show when={rows() < ids().length}>
          <ListEnd drawn={rows()} seen={() => setRows(rows() + rowsOnScroll)} />
        </Show>
      </Show>
    </section>
  );
}
