/** The page's button: one of a few looks, and a plain `button` unless it says that it submits. */
import { type JSX, splitProps } from "solid-js";
import styles from "./Button.module.css";

export interface ButtonProps extends JSX.ButtonHTMLAttributes<HTMLButtonElement> {
  look?: "plain" | "primary" | "destructive" | "quiet" | "link" | "chip";
  size?: "medium" | "small";
  iconOnly?: boolean;
  /** In amber: it says something that should be seen. */
  marked?: boolean;
}

export function Button(props: ButtonProps) {
  const [own, rest] = splitProps(props, ["look", "size", "iconOnly", "marked", "class"]);
  const classes = () =>
    [
      own.look !== undefined && styles[own.look],
      own.size === "small" && styles["small"],
      own.iconOnly && styles["iconOnly"],
      own.class,
    ]
      .filter(Boolean)
      .join(" ");
  return (
    <button
      type="button"
      {...rest}
      class={classes() || undefined}
      data-marked={own.marked ? "" : undefined}
    />
  );
}

/** Buttons in a row, at the end of the line. */
export function ButtonRow(props: { children: JSX.Element }) {
  return <div class={styles.row}>{props.children}</div>;
}
