/** The edge of the side panel that is dragged to make it wider or narrower; with the arrow keys, too. */
import { t } from "../../shared/translation";
import { narrowest, type PanelWidth } from "./panel-width";
import styles from "./SidePanel.module.css";

const step = 24;

export function PanelEdge(props: { width: PanelWidth }) {
  /** From the pointer to the right edge of the window. */
  function onPointerDown(event: PointerEvent & { currentTarget: HTMLElement }): void {
    if (event.button !== 0) return;
    event.preventDefault();
    const edge = event.currentTarget;
    edge.setPointerCapture(event.pointerId);
    const right = edge.parentElement?.getBoundingClientRect().right ?? window.innerWidth;
    const onMove = (moved: PointerEvent) => props.width.set(right - moved.clientX);
    const onEnd = () => {
      edge.removeEventListener("pointermove", onMove);
      edge.removeEventListener("lostpointercapture", onEnd);
      props.width.keep();
    };
    edge.addEventListener("pointermove", onMove);
    edge.addEventListener("lostpointercapture", onEnd);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const width = props.width.width();
    const to = {
      ArrowLeft: width + step,
      ArrowRight: width - step,
      Home: narrowest,
      End: props.width.widest(),
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    props.width.set(to);
    props.width.keep();
  }

  return (
    <div
      class={styles.edge}
      role="separator"
      aria-orientation="vertical"
      aria-label={t("Width of the side panel")}
      aria-valuenow={props.width.width()}
      aria-valuemin={narrowest}
      aria-valuemax={props.width.widest()}
      tabindex="0"
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
    />
  );
}
