/** The session's title, and how it works: model, permissions, directory; what it has used; and the rest in a menu. */
import { createMemo, createSignal, Show } from "solid-js";
import { ProcessesChip } from "../processes/ProcessesChip";
import { api } from "../state/api-client";
import { useClient } from "../state/client";
import { cost, tokens } from "../state/format";
import { findModel } from "../state/model-list";
import { nearlyFullShare, sumUp } from "../state/summary-requests";
import { DirectoryChip } from "./DirectoryChip";
import { Icon } from "./Icon";
import { Menu } from "./Menu";
import { ModelPicker } from "./ModelPicker";
import { PermissionsSwitch } from "./PermissionsSwitch";
import { StopEverything } from "./StopEverything";
import { TitleField } from "./TitleField";

export function Header() {
  const client = useClient();
  const [renaming, setRenaming] = createSignal(false);
  const session = () => client.current().session;
  return (
    <header class="header">
      <div class="header-title">
        <button
          type="button"
          class="quiet icon-only drawer-only"
          aria-label="Sessions"
          onClick={() => client.setPanel("sidebar")}
        >
          <Icon name="menu" />
        </button>
        <Show
          when={renaming()}
          fallback={
            <h1
              title={session().id === "" ? "" : "Double-click to rename"}
              onDblClick={() => setRenaming(session().id !== "")}
            >
              {session().title || "New session"}
            </h1>
          }
        >
          <TitleField
            title={session().title}
            save={(title) => client.current().change({ title })}
            close={() => setRenaming(false)}
          />
        </Show>
      </div>
      <div class="header-chips">
        <ModelPicker />
        <PermissionsSwitch />
        <DirectoryChip />
        <ProcessesChip />
        <Used />
      </div>
      <MoreMenu rename={() => setRenaming(true)} />
    </header>
  );
}

function Used() {
  const client = useClient();
  const session = () => client.current().session;
  const context = createMemo(() => {
    const { provider, model } = session();
    const used = session().context?.usedTokens;
    const window =
      session().context?.windowTokens ??
      findModel(client.models.models(), provider, model)?.contextTokens;
    return used === undefined || window === undefined ? undefined : { used, window };
  });
  const isNearlyFull = () => {
    const { used, window } = context() ?? { used: 0, window: 1 };
    return used / window > nearlyFullShare;
  };
  const isIdle = () => ["idle", "stopped"].includes(client.current().stage());
  const total = () => session().usage.inputTokens + session().usage.outputTokens;
  return (
    <Show when={total() > 0}>
      <span class="used" title={usedWords(session().usage.estimated)}>
        <span>
          {tokens(session().usage.inputTokens)} in, {tokens(session().usage.outputTokens)} out
        </span>
        <Show when={session().usage.costUsd !== undefined}>
          <span>{cost(session().usage.costUsd ?? 0)}</span>
        </Show>
        <Show when={context()}>
          {(shown) => (
            <span
              class="context"
              classList={{ "nearly-full": isNearlyFull() }}
              title={`${tokens(shown().used)} of ${tokens(shown().window)} tokens of context used`}
            >
              <progress aria-label="Context used" max={shown().window} value={shown().used} />
              {Math.round((shown().used / shown().window) * 100)}%{isNearlyFull() ? " full" : ""}
            </span>
          )}
        </Show>
        <Show when={isNearlyFull() && isIdle()}>
          <button
            type="button"
            class="small"
            title="The model can hold little more: have what came before summed up for it"
            onClick={() => void sumUp(client, client.current())}
          >
            Sum up
          </button>
        </Show>
      </span>
    </Show>
  );
}

function usedWords(estimated: boolean): string {
  return estimated ? "Tokens of this session, in part estimated" : "Tokens of this session";
}

function MoreMenu(props: { rename: () => void }) {
  const client = useClient();
  const id = () => client.current().id();
  return (
    <Menu label="More" class="quiet icon-only more" trigger={<Icon name="more" />}>
      {(close) => {
        const act = (run: () => void) => () => {
          close();
          run();
        };
        return (
          <>
            <Show when={id()}>
              {(known) => (
                <>
                  <button type="button" role="menuitem" class="item" onClick={act(props.rename)}>
                    Rename session
                  </button>
                  <a
                    role="menuitem"
                    class="item"
                    href={api.exportUrl(known())}
                    download=""
                    onClick={close}
                  >
                    Export as Markdown
                  </a>
                  <button
                    type="button"
                    role="menuitem"
                    class="item"
                    onClick={act(() => client.setPanel("processes"))}
                  >
                    Processes
                  </button>
                </>
              )}
            </Show>
            <button
              type="button"
              role="menuitem"
              class="item"
              onClick={act(() => client.setPanel("help"))}
            >
              Shortcuts and commands
            </button>
            <button
              type="button"
              role="menuitem"
              class="item"
              onClick={act(() => client.setPanel("settings"))}
            >
              Settings
            </button>
            <hr />
            <StopEverything close={close} />
          </>
        );
      }}
    </Menu>
  );
}
