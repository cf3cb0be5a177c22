/** @jsxImportSource @opentui/solid */
/** The settings that the terminal has; those of the server lead to their panels, and the rest is in the page. */
import type { Panel } from "../../client/state/client";
import { useClient } from "../../client/state/client";
import { closings, confirmations, switches, themes } from "../../client/state/preference-choices";
import { choiceField, type Field, FieldList } from "./FieldList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

export function PreferencePanel(props: PanelProps) {
  const client = useClient();
  const { preferences } = client;
  const to = (label: string, panel: Panel): Field => ({
    label,
    value: "→",
    run: () => client.setPanel(panel),
  });
  const fields = () => [
    choiceField("Theme", themes, preferences.theme(), preferences.setTheme),
    choiceField(
      "When I close the terminal",
      closings,
      preferences.onDisconnect(),
      preferences.setOnDisconnect,
      "What a run does then that was begun from here.",
    ),
    choiceField(
      "Ask before a stop",
      confirmations,
      preferences.confirmStop(),
      preferences.setConfirmStop,
      `A stop is costly while a tool runs, or after ${preferences.costly().tokens} tokens or ${preferences.costly().minutes} minutes.`,
    ),
    choiceField(
      "Notify me when a run ends or needs an answer",
      switches,
      preferences.notify(),
      preferences.setNotify,
    ),
    to("Model", "models"),
    to("Options of the model", "options"),
    to("Permissions and rules", "permissions"),
    to("Limits", "limits"),
    to("Keys and commands", "help"),
  ];
  return (
    <PanelFrame
      title="Settings"
      hints={["Left and Right change", "Enter opens", "providers and keys: rein web"]}
      close={props.close}
    >
      <FieldList fields={fields()} empty="" />
    </PanelFrame>
  );
}
