/** @jsxImportSource @opentui/solid */
/** One line to type in a card: it has the focus while it is there, and Escape closes it. */
import { type InputRenderable } from "@opentui/core";
import { useRenderer } from "@opentui/solid";
import { onCleanup, Show } from "solid-js";
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
  const before = useRenderer().currentFocusedRenderable;
  let field: InputRenderable | undefined;
  bindLayer(() => props.close());
  onCleanup(() => before?.focus());
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
