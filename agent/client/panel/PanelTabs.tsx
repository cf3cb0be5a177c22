/** The tabs of the side panel: arrow keys, Home and End go from one to the other. */
import { For } from "solid-js";
import { t } from "../../shared/translation";
import { type SideTab, sideTabs } from "../state/side-panel";
import styles from "./PanelTabs.module.css";

export const tabPanelId = "side-panel-body";
export const tabId = (tab: SideTab) => `side-tab-${tab}`;

const names: Record<SideTab, () => string> = {
  files: () => t("Files"),
  changes: () => t("Changes"),
  processes: () => t("Processes"),
  todo: () => t("To-do"),
};

export interface PanelTabsProps {
  tab: SideTab;
  choose(tab: SideTab): void;
}

export function PanelTabs(props: PanelTabsProps) {
  function onKeyDown(event: KeyboardEvent): void {
    const at = sideTabs.indexOf(props.tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: sideTabs.length - 1 };
    const next = to[event.key as keyof typeof to];
    if (next === undefined) return;
    event.preventDefault();
    const tab = sideTabs.at(next % sideTabs.length) ?? props.tab;
    props.choose(tab);
    document.getElementById(tabId(tab))?.focus();
  }

  return (
    <div class={styles.tabs} role="tablist" aria-label={t("Side panel")} onKeyDown={onKeyDown}>
      <For each={sideTabs}>
        {(tab) => (
          <button
            type="button"
            role="tab"
            id={tabId(tab)}
            aria-selected={tab === props.tab}
            aria-controls={tabPanelId}
            tabindex={tab === props.tab ? 0 : -1}
            onClick={() => props.choose(tab)}
          >
            {names[tab]()}
          </button>
        )}
      </For>
    </div>
  );
}
