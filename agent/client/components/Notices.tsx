/**
 * Toasts, which pass, and notices, which stay: below the head of the page or of the sheet on top, where they cover nothing,
 * announced to screen readers. What is read below them stays where it is.
 */
import { For, onCleanup, onMount, Show } from "solid-js";
import { useClient } from "../state/client";
import type { Notice } from "../state/notice-store";
import { pathOf } from "../state/route";
import { Button } from "./Button";
import { deferred } from "./deferred";
import { Icon } from "./Icon";
import styles from "./Notices.module.css";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { VisibleText } from "./VisibleText";

const StorageBar = deferred(async () => (await import("./StorageBar")).StorageBar);

/** Those that were announced: each sheet draws them anew, and none is read aloud again. */
const told = new WeakSet<Notice>();

function roleOf(notice: Notice, lasting: boolean): "alert" | "status" | undefined {
  if (told.has(notice)) return undefined;
  told.add(notice);
  return lasting ? "alert" : "status";
}

export function Notices() {
  const { notices, route } = useClient();
  let place!: HTMLDivElement;
  onMount(() => keepBelowStill(place));
  // A toast that is removed under the pointer or with the focus lets the others go on.
  onCleanup(() => notices.hold(false));
  return (
    <div
      ref={place}
      class={styles.notices}
      data-testid="notices"
      onMouseEnter={() => notices.hold(true)}
      onMouseLeave={() => notices.hold(false)}
      onFocusIn={() => notices.hold(true)}
      onFocusOut={() => notices.hold(false)}
    >
      <StorageBar />
      <For each={notices.list}>
        {({ notice, lasting }) => (
          <div
            class={styles.notice}
            data-lasting={lasting ? "" : undefined}
            role={roleOf(notice, lasting)}
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
            <For each={notice.others}>
              {(other) => (
                <Button
                  size="small"
                  class={styles.act}
                  aria-label={nameIn(notice, other.label)}
                  onClick={() => other.run()}
                >
                  {other.label}
                </Button>
              )}
            </For>
            <Show when={notice.action}>
              {(action) => (
                <Button
                  size="small"
                  class={styles.act}
                  aria-label={nameIn(notice, action().label)}
                  onClick={() => action().run()}
                >
                  {action().label}
                </Button>
              )}
            </Show>
            <Show when={!notice.holds}>
              <Button
                look="quiet"
                size="small"
                iconOnly
                aria-label={t("Dismiss: {text}", { text: visibleString(notice.text) })}
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

/** Several stops that wait have the same buttons. */
function nameIn({ text, holds }: Notice, label: string): string | undefined {
  return holds ? `${label}: ${visibleString(text)}` : undefined;
}

/** Scrolls what is below by as much as this grows or shrinks. */
function keepBelowStill(place: HTMLElement): void {
  let height = place.offsetHeight;
  const observer = new ResizeObserver(() => {
    const change = place.offsetHeight - height;
    height += change;
    const around = place.closest("dialog, main");
    around?.querySelector("[data-scroller]")?.scrollBy(0, change);
  });
  observer.observe(place);
  onCleanup(() => observer.disconnect());
}
