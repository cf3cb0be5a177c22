/** Deletes a session, and asks before only where it is at work: a deletion can be taken back, a stop cannot. */
import { onMount, Show } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import { deleteSession, deletionWords } from "../state/session-actions";
import { isAtWork } from "../state/session-rows";
import { Confirm } from "./Confirm";

export function RemoveSession(props: { session: SessionSummary; close(): void }) {
  const client = useClient();
  const session = props.session;
  const isAsked = isAtWork(session);
  const remove = () => void deleteSession(client, session);
  onMount(() => {
    if (isAsked) return;
    remove();
    props.close();
  });
  return (
    <Show when={isAsked}>
      <Confirm
        title={t("Delete this session?")}
        text={deletionWords(session)}
        action={t("Delete")}
        run={remove}
        close={() => props.close()}
      />
    </Show>
  );
}
