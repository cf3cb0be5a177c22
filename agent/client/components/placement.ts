/** Where a panel lies: below its button or above, whichever has more room, and along the nearer edge of the page. */
export function placementAt(button: HTMLElement) {
  const { left, top, bottom } = button.getBoundingClientRect();
  const side = window.innerHeight - bottom >= top ? "bottom" : "top";
  const edge = left < window.innerWidth / 2 ? "start" : "end";
  return {
    placement: `${side}-${edge}` as const,
    gutter: 6,
    overflowPadding: 6,
    fitViewport: true,
  };
}

/** A press on the button of an open panel closes it by itself: closed by the press, it would open again. */
export function exceptOn(button: HTMLElement) {
  return (event: Event) => {
    if (event.target instanceof Node && button.contains(event.target)) event.preventDefault();
  };
}

/** Where panels are in the document: inside of a landmark, so that who goes from one to the next finds them. */
export function mainPart(): HTMLElement {
  return document.querySelector("main") ?? document.body;
}
