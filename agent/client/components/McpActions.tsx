/** What a person does with an MCP server: switch it, start it anew or try it, sign in to it, or out. */
import { type JSX, Show } from "solid-js";
import type { McpEntry } from "../../shared/protocol";
import { hostOf, type McpPanel } from "../state/mcp-panel";
import { Button, ButtonRow } from "./Button";
import styles from "./McpServers.module.css";
import { Problem } from "./Problem";
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
  const isOn = () => props.entry.standing === "on";
  const isBusy = () => props.panel.busy() === name();
  const isSigningIn = () => props.panel.isSigningIn(name());
  const startWords = () => (props.isTrial ? "Test" : "Restart");
  const canSignIn = () =>
    props.panel.viewOf(props.entry)?.state === "sign-in" && !isSigningIn() && !isBusy();
  return (
    <>
      <Show when={props.panel.addressOf(name())}>
        {(address) => (
          <p class={styles.signIn} role="status">
            <a href={address()} target="_blank" rel="noopener noreferrer">
              Sign in at <VisibleText text={hostOf(address())} exact />
            </a>
            . Waiting for your sign-in…
          </p>
        )}
      </Show>
      <Problem words={props.panel.problemOf(name())} />
      <ButtonRow>
        {props.children}
        <Show when={props.entry.origin === "settings"}>
          <Action
            label={isOn() ? "Switch off" : "Switch on"}
            name={name()}
            run={() => props.panel.switchServer(props.entry, !isOn())}
          />
        </Show>
        <Show when={isOn() && isSigningIn()}>
          <Action label="Cancel sign-in" name={name()} run={() => props.panel.endSignIn(name())} />
        </Show>
        <Show when={isOn() && props.entry.signIn?.since !== undefined}>
          <Action label="Sign out" name={name()} run={() => props.panel.signOut(name())} />
        </Show>
        <Show when={isOn() && props.entry.signIn && canSignIn()}>
          <Action label="Sign in" name={name()} run={() => props.panel.signIn(name())} />
        </Show>
        <Show when={isOn()}>
          <Button
            aria-disabled={isBusy()}
            aria-label={isBusy() ? undefined : `${startWords()} ${name()}`}
            onClick={() => void props.panel.restart(name())}
          >
            {isBusy() ? "A moment…" : startWords()}
          </Button>
        </Show>
      </ButtonRow>
    </>
  );
}

function Action(props: { label: string; name: string; run: () => unknown }) {
  return (
    <Button aria-label={`${props.label} ${props.name}`} onClick={() => void props.run()}>
      {props.label}
    </Button>
  );
}
