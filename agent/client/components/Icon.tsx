/** The page's few icons, drawn with lines in the colour of the text. */
import styles from "./Icon.module.css";

const paths = {
  back: "M19 12H5M11 6l-6 6 6 6",
  branch: "M7 4v16M7 12h6a4 4 0 0 0 4-4V4",
  check: "M5 12.5l4.5 4.5L19 7.5",
  chevron: "M9 6l6 6-6 6",
  circle: "M12 7a5 5 0 1 0 0 10a5 5 0 1 0 0-10",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h10v10H9zM15 9V5H5v10h4",
  down: "M12 5v14M6 13l6 6 6-6",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  expand: "M6 9l6 6 6-6",
  file: "M7 4h7l4 4v12H7zM14 4v4h4",
  folder: "M4 6.5h5l2 2h9v10H4z",
  globe: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16M4 12h16M12 4c-5 5-5 11 0 16c5-5 5-11 0-16",
  history: "M4 12a8 8 0 1 0 3-6.2M4 4v4h4M12 8v4l3 2",
  link: "M10 14l4-4M8 11l-2 2a3.5 3.5 0 0 0 5 5l2-2M16 13l2-2a3.5 3.5 0 0 0-5-5l-2 2",
  menu: "M4 7h16M4 12h16M4 17h16",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  nudge: "M5 12h11M12 7l5 5-5 5M20 5v14",
  panel: "M4 5h16v14H4zM14 5v14",
  pause: "M9 6v12M15 6v12",
  play: "M8 5.5v13l10-6.5z",
  pin: "M9 4h6M10 4v6l-3 4h10l-3-4V4M12 14v6",
  plus: "M12 5v14M5 12h14",
  redo: "M15 6l4 4-4 4M19 10h-9a5 5 0 0 0 0 10h3",
  retry: "M20 11.5a8 8 0 1 0-2.6 6.4M20 5v6.5h-6.5",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12M15.5 15.5L20 20",
  send: "M12 19V5M6 11l6-6 6 6",
  settings: "M4 8h9M17 8h3M15 6v4M4 16h3M11 16h9M9 14v4",
  shield: "M12 4l7 2.5v5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9v-5z",
  spark: "M12 4v5M12 15v5M4 12h5M15 12h5",
  split: "M4 5h16v14H4zM12 5v14",
  terminal: "M5 7l5 5-5 5M12 17h7",
  undo: "M9 6l-4 4 4 4M5 10h9a5 5 0 0 1 0 10h-3",
  wrap: "M4 6h16M4 12h13a3 3 0 0 1 0 6h-4M15.5 15.5L13 18l2.5 2.5M4 18h4",
  warning: "M12 9v4M12 16.5h.01M12 4.5l8.5 15h-17z",
} as const;

export type IconName = keyof typeof paths;

/** Their dots are lines of no length, and too small in the usual width. */
const dotted = new Set<IconName>(["more", "warning"]);

export function Icon(props: { name: IconName }) {
  return (
    <svg
      class={styles.icon}
      classList={{ [styles.dotted!]: dotted.has(props.name) }}
      viewBox="0 0 24 24"
      aria-hidden="true"
    >
      <path d={paths[props.name]} />
    </svg>
  );
}
