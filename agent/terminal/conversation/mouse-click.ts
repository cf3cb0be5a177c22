/** A click: pressed and released at one place. A press that moves marks text, which OpenTUI begins with any press on text. */
import type { MouseEvent } from "@opentui/core";

export interface ClickHandlers {
  onMouseDown: (event: MouseEvent) => void;
  onMouseUp: (event: MouseEvent) => void;
}

export function clickHandlers(run: () => void): ClickHandlers {
  let pressed: MouseEvent | undefined;
  return {
    onMouseDown(event) {
      pressed = event;
    },
    onMouseUp(event) {
      const isClick = pressed?.x === event.x && pressed.y === event.y && event.button === 0;
      pressed = undefined;
      if (!isClick) return;
      event.stopPropagation();
      run();
    },
  };
}
