/** What a search finds beyond the titles of the list: archived sessions by their titles, and words in messages. */
import { createMemo, For, Show } from "solid-js";
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import { fullTime, shortTime } from "../state/format";
import { pathOf } from "../state/route";
import { createSearch } from "../state/search-state";
import textStyles from "../styles/text-styles.module.css";
import { Button } from "./Button";
import styles from "./FoundMessages.module.css";
import { MarkedText } from "./MarkedText";
import { type RowActions, SessionRow } from "./SessionRow";
import { VisibleText } from "./VisibleText";

export interface FoundMessagesProps extends RowActions {
  query: string;
  /** Nothing was found in the list itself. */
  isAlone: boolean;
}

export function FoundMessages(props: FoundMessagesProps) {
  const client = useClient();
  const search = createSearch(() => props.query);
  const archived = createMemo(() =>
    search.sessions().filter(({ archivedAt }) => archivedAt !== undefined),
  );
  const isEmpty = () => search.messages().length === 0 && archived().length === 0;
  const note = () => {
    const isNothing = props.isAlone && isEmpty();
    if (search.isAsking()) return isNothing ? t("Searching…") : "";
    return search.note() || (isNothing ? t("Nothing found.") : "");
  };
  return (
    <>
      <Show when={archived().length > 0}>
        <section>
          <h2 class={styles.heading}>{t("Archived")}</h2>
          <ul>
            <For each={archived()}>{(session) => <SessionRow {...props} session={session} />}</For>
          </ul>
        </section>
      </Show>
      <Show when={search.messages().length > 0}>
        <section>
          <h2 class={styles.heading}>{t("In messages")}</h2>
          <ul>
            <For each={search.messages()}>
              {(found) => (
                <li class={styles.found}>
                  <a
                    href={pathOf(found.sessionId, found.messageId)}
                    onClick={(event) => {
                      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                      event.preventDefault();
                      props.opened();
                      client.goToMessage(found.sessionId, found.messageId, search.query());
                    }}
                  >
                    <span class={styles.place}>
                      <span class={textStyles.truncated}>
                        <VisibleText text={found.title || t("Untitled")} />
                      </span>
                      <time
                        datetime={new Date(found.createdAt).toISOString()}
                        title={fullTime(found.createdAt)}
                      >
                        {shortTime(found.createdAt, props.now)}
                      </time>
                    </span>
                    <span class={styles.text}>
                      <MarkedText text={found.text} marks={found.marks} />
                    </span>
                  </a>
                </li>
              )}
            </For>
          </ul>
          <Show when={search.hasMore()}>
            <Button look="quiet" class={styles.more} onClick={() => void search.more()}>
              {t("Show more")}
            </Button>
          </Show>
        </section>
      </Show>
      <p class={styles.note} role="status">
        <VisibleText text={note()} />
      </p>
    </>
  );
}
