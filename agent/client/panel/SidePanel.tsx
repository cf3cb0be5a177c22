/** The panel beside the conversation, with what belongs to it: files, changes, processes, to-do list. Over it in a narrow window. */
import { type Accessor, createEffect, createSignal, on, onCleanup, onMount, Show } from "solid-js";
import { t } from "../../shared/translation";
import { IconButton } from "../components/IconButton";
import { Notices } from "../components/Notices";
import { returnFocus } from "../components/return-focus";
import { RunStop } from "../components/Sheet";
import { bindLayer } from "../keys";
import { useClient } from "../state/client";
import { createIsOver, createPanelWidth } from "./panel-width";
import { ChangesTab } from "./ChangesTab";
import { FilesTab } from "./FilesTab";
import { PanelEdge } from "./PanelEdge";
import { PanelTabs, tabPanelId, tabId } from "./PanelTabs";
import { ProcessesTab } from "../processes/ProcessesTab";
import styles from "./SidePanel.module.css";
import { TodoTab } from "./TodoTab";

export function SidePanel() {
  const client = useClient();
  const isOver = createIsOver();
  const width = createPanelWidth();
  const close = () => client.side.close();
  const tab = () => client.side.shown() ?? "files";
  let panel!: HTMLElement;
  const [isTop, setTop] = createSignal<Accessor<boolean>>(() => true);
  const before = document.activeElement;
  onMount(() => {
    if (client.side.wasAsked()) document.getElementById(tabId(tab()))?.focus();
  });
  onCleanup(() => returnFocus(before, panel));

  return (
    <>
      <Show when={isOver()}>
        <Layer close={close} onCover={(covered) => setTop(() => covered)} />
      </Show>
      <section
        ref={panel}
        role={isOver() ? "dialog" : "complementary"}
        class={styles.panel}
        aria-label={t("Side panel")}
        data-testid="side-panel"
        style={{ "--panel-width": `${width.width()}px` }}
        inert={isOver() ? !isTop()() : client.route.isCovered()}
      >
        <PanelEdge width={width} />
        <header>
          <PanelTabs tab={tab()} choose={(chosen) => client.side.open(chosen)} />
          <Show when={isOver()}>
            <RunStop />
          </Show>
          <IconButton
            icon="close"
            label={t("Close the side panel")}
            keys={t("Ctrl or ⌘ + B")}
            onClick={close}
          />
        </header>
        <Show when={isOver() && isTop()()} fallback={<div />}>
          <Notices />
        </Show>
        <Show when={client.current()} keyed>
          {(open) => (
            <div
              class={styles.body}
              role="tabpanel"
              id={tabPanelId}
              aria-labelledby={tabId(tab())}
              data-scroller
              tabindex="0"
            >
              <Show when={tab() === "files"}>
                <FilesTab open={open} />
              </Show>
              <Show when={tab() === "changes"}>
                <ChangesTab open={open} />
              </Show>
              <Show when={tab() === "processes"}>
                <ProcessesTab />
              </Show>
              <Show when={tab() === "todo"}>
                <TodoTab open={open} />
              </Show>
            </div>
          )}
        </Show>
      </section>
    </>
  );
}

interface LayerProps {
  close(): void;
  onCover(isTop: Accessor<boolean>): void;
}

/** While the panel lies over the conversation: Escape, "back", a press beside it and another session close it. */
function Layer(props: LayerProps) {
  const { route } = useClient();
  const close = () => props.close();
  bindLayer(close);
  props.onCover(route.cover(close));
  createEffect(on(route.visit, close, { defer: true }));
  return <div class={styles.scrim} onClick={close} />;
}
