/** @jsxImportSource @opentui/solid */
/** In the place of a part of the screen that could not be drawn, which is a bug: the other parts go on, and the keys that stop. */
import { type BoxRenderable, type OptimizedBuffer, RGBA } from "@opentui/core";
import { useTerminalDimensions } from "@opentui/solid";
import { createMemo } from "solid-js";
import { truncate } from "../shared/truncate";
import { wrapped } from "./wrapped-text";
import { plainText } from "./conversation/pieces";
import { colors } from "./theme";

export interface PartFailedProps {
  /** "The input". */
  name: string;
  error: unknown;
  /** What can be done without it. */
  advice: string;
}

const maxCharacters = 300;
/** In columns. What is beside it, with a panel's frame, has the margin. */
const [maxWidth, margin] = [70, 8];

/**
 * The log of the terminal has all of it. Drawn without an element for text: the library has a limit to their number, and
 * at that limit this is what is shown.
 */
export function PartFailed(props: PartFailedProps) {
  console.error(`${props.name} cannot be shown:`, props.error);
  const dimensions = useTerminalDimensions();
  const text = () => {
    const reason = truncate(String(props.error), maxCharacters);
    const words = `${props.name} cannot be shown. This is a bug (${reason}). ${props.advice} Ctrl+C still stops.`;
    return plainText([{ text: words }]);
  };
  const lines = createMemo(() => wrapped(text(), Math.min(maxWidth, dimensions().width - margin)));
  function draw(this: BoxRenderable, buffer: OptimizedBuffer): void {
    const color = RGBA.fromHex(colors.bad);
    for (const [row, line] of lines().entries())
      if (this.y + row >= 0) buffer.drawText(line, this.x, this.y + row, color);
  }
  return <box height={lines().length} flexShrink={0} renderAfter={draw} />;
}
