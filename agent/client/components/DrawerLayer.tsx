/** Over the page while the side bar is an open drawer: it has the focus, "back", Escape and a press beside it close it. */
import { onCleanup, onMount } from "solid-js";
import { bindLayer } from "../keys";
import { useClient } from "../state/client";
import { returnFocus } from "./return-focus";

export interface DrawerLayerProps {
  class: string | undefined;
  /** The button in it that closes it. It is drawn only where the side bar is a drawer. */
  closer: () => HTMLElement;
  close(): void;
}

export function DrawerLayer(props: DrawerLayerProps) {
  const before = document.activeElement;
  const close = () => props.close();
  // A wider window shows the side bar beside the page.
  const onResize = () => getComputedStyle(props.closer()).display === "none" && close();
  bindLayer(close);
  useClient().route.cover(close);
  onMount(() => props.closer().focus());
  window.addEventListener("resize", onResize);
  onCleanup(() => {
    window.removeEventListener("resize", onResize);
    returnFocus(before, props.closer().closest("nav") ?? undefined);
  });
  return <div class={props.class} onClick={close} />;
}
