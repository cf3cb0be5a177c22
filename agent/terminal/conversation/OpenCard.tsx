/** @jsxImportSource @opentui/solid */
/** One line that opens into more. The content is created when it is opened. */
import { createSignal, type JSX, Show } from "solid-js";
import { Card, type CardProps } from "./Card";
import type { Piece } from "./pieces";
import { Words } from "./Words";

export interface OpenCardProps extends CardProps {
  /** Faint, and shown only while closed. */
  preview?: readonly Piece[] | undefined;
  children: JSX.Element;
}

export function OpenCard(props: OpenCardProps) {
  const [isOpen, setOpen] = createSignal(false);
  const toggle = () => setOpen(!isOpen());
  return (
    <Card
      {...props}
      head={[{ text: isOpen() ? "▾ " : "▸ ", color: "muted" }, ...props.head]}
      actions={[
        { key: "Enter", label: isOpen() ? "close" : "open", run: toggle },
        ...(props.actions ?? []),
      ]}
    >
      <Show when={!isOpen() && props.preview}>
        {(preview) => (
          <box paddingLeft={2}>
            <Words pieces={preview()} wrap="none" />
          </box>
        )}
      </Show>
      <Show when={isOpen()}>
        <box flexDirection="column" flexShrink={0} paddingLeft={2} rowGap={1}>
          {props.children}
        </box>
      </Show>
    </Card>
  );
}
