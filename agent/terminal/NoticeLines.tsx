/** @jsxImportSource @opentui/solid */
/** What the state tells outside of the conversation: that the server cannot save, toasts that pass, notices that stay. */
import { For, Show } from "solid-js";
import { type Client, useClient } from "../client/state/client";
import { credential } from "../client/state/credential";
import type { Notice } from "../client/state/notice-store";
import { unsharedTitle, unsharedWords } from "../shared/unshared-words";
import { visibleString } from "../shared/visible-text";
import { bindKey } from "./terminal-keys";
import { colors } from "./theme";

/** For the latest notice that offers something. */
const actKey = "Ctrl+y";
/** For the latest notice that can be dismissed. */
const dismissKey = "Ctrl+g";

/** What `actKey` does; undefined when nothing is offered. */
export function offeredAct({ notices }: Client): string | undefined {
  const { action, link } = offering(notices) ?? {};
  return (action ?? link)?.label;
}

function offering({ list }: Client["notices"]): Notice | undefined {
  return list.findLast(({ notice }) => notice.action ?? notice.link)?.notice;
}

export function NoticeLines() {
  const { notices, storage, route } = useClient();
  const all = () => notices.list.map(({ notice }) => notice);
  const dismissible = () => all().findLast(({ holds }) => !holds);

  function act(): void {
    const notice = offering(notices);
    if (notice?.action) return notice.action.run();
    if (notice?.link === undefined) return;
    if (!notice.holds) notices.dismiss(notice.id);
    route.go(notice.link.sessionId);
  }

  bindKey({ key: actKey, when: () => offering(notices) !== undefined, run: act });
  bindKey({
    key: dismissKey,
    when: () => dismissible() !== undefined,
    run: () => notices.dismiss(dismissible()?.id ?? ""),
  });

  return (
    <box flexDirection="column" flexShrink={0} paddingX={1}>
      <Show when={credential() === null}>
        <text fg={colors.bad}>
          The server does not accept this sign-in any more. Exit, and start Rein again.
        </text>
      </Show>
      <Show when={storage.facts().trouble}>
        {(words) => (
          <text fg={colors.bad}>Rein cannot save right now. {visibleString(words())}</text>
        )}
      </Show>
      <Show when={storage.facts().unshared}>
        {(unshared) => (
          <text fg={colors.bad}>
            {unsharedTitle()} {visibleString(unsharedWords(unshared()))}
          </text>
        )}
      </Show>
      <Show when={storage.facts().missing}>
        {(words) => (
          <text fg={colors.bad}>Something that was saved is missing. {visibleString(words())}</text>
        )}
      </Show>
      <For each={all()}>
        {(notice) => (
          <text>
            <span style={{ fg: colors.warning }}>{titleOf(notice)}</span>
            <span style={{ fg: colors.muted }}>
              {notice.detail ? ` ${visibleString(notice.detail)}` : ""}
              {keysOf(notice, notice === offering(notices), notice === dismissible())}
            </span>
          </text>
        )}
      </For>
    </box>
  );
}

/** A sentence of its own, where another follows. */
function titleOf({ text, detail }: Notice): string {
  const isOpen = detail !== undefined && detail !== "" && !/[.!?:…]$/.test(text);
  return `${visibleString(text)}${isOpen ? "." : ""}`;
}

function keysOf(notice: Notice, isOffering: boolean, isDismissible: boolean): string {
  const offer = notice.action ?? notice.link;
  const keys = [
    ...(isOffering && offer ? [`Ctrl+Y: ${visibleString(offer.label)}`] : []),
    ...(isDismissible ? ["Ctrl+G: dismiss"] : []),
  ];
  return keys.length === 0 ? "" : ` · ${keys.join(" · ")}`;
}
