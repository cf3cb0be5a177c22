/** What a person does with an MCP server: switch it, start it anew or try it, sign in to it, or out. */
import { type JSX, Show } from "solid-js";
import type { McpEntry } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { hostOf, type McpPanel } from "../state/mcp-panel";
import { Button, ButtonRow } from "./Button";
import styles from "./McpServers.module.css";
import { Problem } from "./Problem";
import { tr } from "./tr";
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
  const startWords = () => (props.isTrial ? t("Test") : t("Restart"));
  const startLabel = () =>
    props.isTrial ? t("Test {name}", { name: name() }) : t("Restart {name}", { name: name() });
  const canSignIn = () =>
    props.panel.viewOf(props.entry)?.state === "sign-in" && !isSigningIn() && !isBusy();
  return (
    <>
      <Show when={props.panel.addressOf(name())}>
        {(address) => (
          <p class={styles.signIn} role="status">
            {tr("{link}. Waiting for your sign-in…", {
              link: (
                <a href={address()} target="_blank" rel="noopener noreferrer">
                  {tr("Sign in at {host}", {
                    host: <VisibleText text={hostOf(address())} exact />,
                  })}
                </a>
              ),
            })}
          </p>
        )}
      </Show>
      <Problem words={props.panel.problemOf(name())} />
      <ButtonRow>
        {props.children}
        <Show when={props.entry.origin === "settings"}>
          <Action
            words={isOn() ? t("Switch off") : t("Switch on")}
            label={
              isOn()
                ? t("Switch off {name}", { name: name() })
                : t("Switch on {name}", { name: name() })
            }
            run={() => props.panel.switchServer(props.entry, !isOn())}
          />
        </Show>
        <Show when={isOn() && isSigningIn()}>
          <Action
            words={t("Cancel sign-in")}
            label={t("Cancel sign-in {name}", { name: name() })}
            run={() => props.panel.endSignIn(name())}
          />
        </Show>
        <Show when={isOn() && props.entry.signIn?.since !== undefined}>
          <Action
            words={t("Sign out")}
            label={t("Sign out {name}", { name: name() })}
            run={() => props.panel.signOut(name())}
          />
        </Show>
        <Show when={isOn() && props.entry.signIn && canSignIn()}>
          <Action
            words={t("Sign in")}
            label={t("Sign in {name}", { name: name() })}
            run={() => props.panel.signIn(name())}
          />
        </Show>
        <Show when={isOn()}>
          <Button
            aria-disabled={isBusy()}
            aria-label={isBusy() ? undefined : startLabel()}
            onClick={() => void props.panel.restart(name())}
          >
            {isBusy() ? t("A moment…") : startWords()}
          </Button>
        </Show>
      </ButtonRow>
    </>
  );
}

function Action(props: { words: string; label: string; run: () => unknown }) {
  return (
    <Button aria-label={props.label} onClick={() => void props.run()}>
      {props.words}
    </Button>
  );
}
