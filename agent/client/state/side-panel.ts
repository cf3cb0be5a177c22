/** The panel beside the conversation: whether it is open, and at which tab. Kept for this window, also across a reload. */
import { type Accessor, createSignal } from "solid-js";
import { host } from "./host";

export const sideTabs = ["files", "changes", "processes", "todo"] as const;
export type SideTab = (typeof sideTabs)[number];

export interface SidePanel {
  /** Undefined while it is closed. */
  shown: Accessor<SideTab | undefined>;
  /** Without a tab the one that was shown last. */
  open(tab?: SideTab): void;
  close(): void;
  /** Whether a person has opened it since the page stands: then it has the focus. */
  wasAsked(): boolean;
}

const tabName = "rein.side.tab";
const openName = "rein.side.open";

export function createSidePanel(): SidePanel {
  const kept = host().windowStorage().getItem(tabName);
  const [tab, setTab] = createSignal<SideTab>(sideTabs.find((one) => one === kept) ?? "files");
  const [isOpen, setOpen] = createSignal(host().windowStorage().getItem(openName) === "yes");

  let wasAsked = false;

  function show(isShown: boolean): void {
    setOpen(isShown);
    host()
      .windowStorage()
      .setItem(openName, isShown ? "yes" : "no");
  }

  return {
    shown: () => (isOpen() ? tab() : undefined),
    open(wanted = tab()) {
      setTab(wanted);
      host().windowStorage().setItem(tabName, wanted);
      wasAsked = true;
      show(true);
    },
    close: () => show(false),
    wasAsked: () => wasAsked,
  };
}
