/** How wide the side panel is: kept by this browser, and within what the window has beside the conversation. */
import { type Accessor, createSignal, onCleanup } from "solid-js";
import { host } from "../state/host";

export const narrowest = 320;
/** What the side bar and a conversation need. */
const reserved = 256 + 420;
const usual = 440;
const name = "rein.panelWidth";

export interface PanelWidth {
  /** In pixels. */
  width: Accessor<number>;
  widest: Accessor<number>;
  set(width: number): void;
  /** Keeps it for the next page. */
  keep(): void;
}

export function createPanelWidth(): PanelWidth {
  const [wanted, setWanted] = createSignal(Number(host().sharedStorage().getItem(name)) || usual);
  const [windowWidth, setWindowWidth] = createSignal(window.innerWidth);
  const onResize = () => setWindowWidth(window.innerWidth);
  window.addEventListener("resize", onResize);
  onCleanup(() => window.removeEventListener("resize", onResize));
  const widest = () => Math.max(narrowest, windowWidth() - reserved);
  const within = (width: number) => Math.round(Math.min(Math.max(width, narrowest), widest()));
  return {
    width: () => within(wanted()),
    widest,
    set: (width) => setWanted(within(width)),
    keep: () => host().sharedStorage().setItem(name, String(wanted())),
  };
}

/** Whether the panel lies over the conversation: there is no room for both. The style sheet asks the same. */
export function createIsOver(): Accessor<boolean> {
  const narrow = window.matchMedia("(max-width: 1100px)");
  const [isOver, setOver] = createSignal(narrow.matches);
  const onChange = () => setOver(narrow.matches);
  narrow.addEventListener("change", onChange);
  onCleanup(() => narrow.removeEventListener("change", onChange));
  return isOver;
}
