/** Toasts, which pass, and notices, which stay: above the input, announced to screen readers. */
import { For, Show } from "solid-js";
import { useClient } from "../state/client";
import { pathOf } from "../state/route";
import { Button } from "./Button";
import { Icon } from "./Icon";
import styles from "./Notices.module.css";
import { VisibleText } from "./VisibleText";

export function Notices() {
  const { notices, route } = useClient();
  return (
    <div class={styles.notices}>
      <For each={notices.list}>
        {({ notice, lasting }) => (
          <div
            class={styles.notice}
            data-lasting={lasting ? "" : undefined}
            role={lasting ? "alert" : "status"}
            data-testid={lasting ? "notice" : "toast"}
          >
            <div class={styles.text}>
              <strong>
                <VisibleText text={notice.text} />
              </strong>
              <Show when={notice.detail}>{(detail) => <VisibleText text={detail()} />}</Show>
            </div>
            <Show when={notice.link}>
              {(link) => (
                <a
                  href={pathOf(link().sessionId)}
                  onClick={(event) => {
                    event.preventDefault();
                    if (!notice.holds) notices.dismiss(notice.id);
                    route.go(link().sessionId);
                  }}
                >
                  {link().label}
                </a>
              )}
            </Show>
            <Show when={notice.action}>
              {(action) => (
                <Button look="primary" size="small" onClick={() => action().run()}>
                  {action().label}
                </Button>
              )}
            </Show>
            <Show when={lasting && !notice.holds}>
              <Button
                look="quiet"
                size="small"
                iconOnly
                aria-label="Dismiss"
                onClick={() => notices.dismiss(notice.id)}
              >
                <Icon name="close" />
              </Button>
            </Show>
          </div>
        )}
      </For>
    </div>
  );
}
