/** @jsxImportSource @opentui/solid */
/** One line to type in a card: all keys are its own while it is there, and Escape closes it. */
import { type InputRenderable } from "@opentui/core";
import { Show } from "solid-js";
import { useClient } from "../../client/state/client";
import { bindLayer } from "../terminal-keys";
import { colors } from "../theme";
import { Words } from "./Words";

export interface LineFieldProps {
  label: string;
  note?: string | undefined;
  onEnter: (text: string) => void;
  close: () => void;
}

export function LineField(props: LineFieldProps) {
  let field: InputRenderable | undefined;
  useClient().route.cover(() => props.close());
  bindLayer(() => props.close());
  return (
    <box flexDirection="column" flexShrink={0} paddingLeft={2}>
      <Words pieces={[{ text: props.label, color: "muted" }]} />
      <input
        ref={(element) => (field = element)}
        focused
        maxLength={10_000}
        textColor={colors.text}
        focusedTextColor={colors.text}
        backgroundColor={colors.panel}
        focusedBackgroundColor={colors.panel}
        onSubmit={() => props.onEnter(field?.value ?? "")}
      />
      <Show when={props.note}>
        {(note) => <Words pieces={[{ text: note(), color: "warning" }]} />}
      </Show>
    </box>
  );
}
