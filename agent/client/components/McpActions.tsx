/** What a person does with an MCP server that may run: start it anew, or try it; sign in to it, or out. */
import { type JSX, Show } from "solid-js";
import type { McpEntry } from "../../shared/protocol";
import { canRestart, hostOf, type McpPanel } from "../state/mcp-panel";
import { Button, ButtonRow } from "./Button";
import styles from "./McpServers.module.css";
import { VisibleText } from "./VisibleText";

export interface McpActionsProps {
  entry: McpEntry;
  panel: McpPanel;
  isTrial: boolean;
  /** Further buttons, before these. */
  children?: JSX.Element;
}

export function McpActions(props: McpActionsProps) {
  const name = () => props.entry.name;
  const isBusy = () => props.panel.busy() === name();
  const startWords = () => {
    if (isBusy()) return "A moment…";
    return props.isTrial ? "Test" : "Restart";
  };
  return (
    <>
      <Show when={props.panel.addressOf(name())}>
        {(address) => (
          <p class={styles.signIn}>
            <a href={address()} target="_blank" rel="noopener noreferrer">
              Sign in at <VisibleText text={hostOf(address())} exact />
            </a>
            , then come back and press {startWords()}.
          </p>
        )}
      </Show>
      <ButtonRow>
        {props.children}
        <Show when={canRestart(props.entry)}>
          <Show when={props.entry.signIn}>
            {(signIn) => (
              <Show
                when={signIn().since === undefined}
                fallback={
                  <Button onClick={() => void props.panel.signOut(name())}>Sign out</Button>
                }
              >
                <Show when={props.panel.viewOf(props.entry)?.state === "sign-in"}>
                  <Button onClick={() => void props.panel.signIn(name())}>Sign in</Button>
                </Show>
              </Show>
            )}
          </Show>
          <Button aria-disabled={isBusy()} onClick={() => void props.panel.restart(name())}>
            {startWords()}
          </Button>
        </Show>
      </ButtonRow>
    </>
  );
}
