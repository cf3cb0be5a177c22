/** @jsxImportSource @opentui/solid */
/**
 * Rows with a bar at their left. OpenTUI's own border of one side (0.5.12) is drawn one row too high where its box begins
 * above the scrolled view, over what stands there.
 */
import { type BoxRenderable, type OptimizedBuffer, RGBA } from "@opentui/core";
import type { JSX } from "solid-js";

export interface BarredRowsProps {
  color: string;
  isHeavy?: boolean;
  children: JSX.Element;
}

export function BarredRows(props: BarredRowsProps) {
  function draw(this: BoxRenderable, buffer: OptimizedBuffer): void {
    const color = RGBA.fromHex(props.color);
    const first = Math.max(0, this.y);
    const end = Math.min(buffer.height, this.y + this.height);
    for (let y = first; y < end; y++) buffer.drawText(props.isHeavy ? "┃" : "│", this.x, y, color);
  }
  return (
    <box flexDirection="column" flexShrink={0} paddingLeft={2} renderAfter={draw}>
      {props.children}
    </box>
  );
}
