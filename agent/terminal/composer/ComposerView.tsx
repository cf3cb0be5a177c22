/** @jsxImportSource @opentui/solid */
/** The input: the message, and a line that says what goes on. */
import type { TextareaRenderable } from "@opentui/core";
import { createEffect } from "solid-js";
import type { OpenSession } from "../../client/state/open-session";
import { StatusLine } from "../StatusLine";
import { colors } from "../theme";

export function ComposerView(props: { open: OpenSession }) {
  let field: TextareaRenderable | undefined;
  const { input, stage, control } = props.open;

  function send(): void {
    // The field tells of its text later than of a key that follows at once.
    const text = field?.plainText ?? "";
    if (text.trim() === "") return;
    if (stage() === "running") return control.queue(text, "run");
    field?.clear();
    input.set("");
    props.open.send(text, { interrupt: stage() === "stopping" });
  }

  createEffect(() => {
    const text = input.text();
    if (field !== undefined && field.plainText !== text) field.setText(text);
  });

  return (
    <box flexDirection="column" flexShrink={0}>
      <box border borderStyle="rounded" borderColor={colors.border} paddingX={1}>
        <textarea
          ref={(element) => (field = element)}
          focused
          minHeight={1}
          maxHeight={8}
          initialValue={input.text()}
          placeholder="Message Rein"
          textColor={colors.text}
          focusedTextColor={colors.text}
          keyBindings={[{ name: "return", action: "submit" }]}
          onContentChange={() => input.set(field?.plainText ?? "")}
          onSubmit={send}
        />
      </box>
      <StatusLine open={props.open} />
    </box>
  );
}
