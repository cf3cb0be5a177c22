/** @jsxImportSource @opentui/solid */
/** What lies over the conversation: the panel that the client's state names. */
import { Match, Switch } from "solid-js";
import { useClient } from "../../client/state/client";
import type { OpenSession } from "../../client/state/open-session";
import { bindLayer } from "../terminal-keys";
import { colors } from "../theme";

export function PanelLayer(_props: { open: OpenSession }) {
  const client = useClient();
  return (
    <Switch>
      <Match when={client.panel() === "help"}>
        <HelpPanel close={() => client.setPanel("none")} />
      </Match>
    </Switch>
  );
}

function HelpPanel(props: { close: () => void }) {
  const client = useClient();
  client.route.cover(() => props.close());
  bindLayer(() => props.close());
  return (
    <box position="absolute" top={1} left={2} right={2} border backgroundColor={colors.panel}>
      <text fg={colors.text}>Ctrl+C stops the run. Escape closes.</text>
    </box>
  );
}
