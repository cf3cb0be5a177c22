/** Toasts, which pass, and notices, which stay: above the input, announced to screen readers. */
import { For, Show } from "solid-js";
import { useClient } from "../state/client";
import { Icon } from "./Icon";

export function Notices() {
  const { notices } = useClient();
  return (
    <div class="notices">
      <For each={notices.list}>
        {({ notice, lasting }) => (
          <div
            class="notice"
            classList={{ lasting }}
            role={lasting ? "alert" : "status"}
            data-testid={lasting ? "notice" : "toast"}
          >
            <div class="notice-text">
              <strong>{notice.text}</strong>
              <Show when={notice.detail}>
                <span>{notice.detail}</span>
              </Show>
            </div>
            <Show when={notice.action}>
              {(action) => (
                <button type="button" class="primary small" onClick={() => action().run()}>
                  {action().label}
                </button>
              )}
            </Show>
            <Show when={lasting}>
              <button
                type="button"
                class="quiet icon-only small"
                aria-label="Dismiss"
                onClick={() => notices.dismiss(notice.id)}
              >
                <Icon name="close" />
              </button>
            </Show>
          </div>
        )}
      </For>
    </div>
  );
}
