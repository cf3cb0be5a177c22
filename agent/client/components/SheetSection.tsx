/** What settings and help have in common: sections with a heading, in a column of a readable width. */
import { type JSX, splitProps } from "solid-js";
import styles from "./SheetSection.module.css";

export function SheetSections(props: JSX.HTMLAttributes<HTMLDivElement>) {
  const [own, rest] = splitProps(props, ["children"]);
  return (
    <div data-scroller {...rest}>
      <div class={styles.column}>{own.children}</div>
    </div>
  );
}

export function SheetSection(props: {
  title: string;
  ref?: (section: HTMLElement) => void;
  "data-testid"?: string;
  children: JSX.Element;
}) {
  return (
    <section ref={props.ref} class={styles.section} data-testid={props["data-testid"]}>
      <h3>{props.title}</h3>
      {props.children}
    </section>
  );
}
