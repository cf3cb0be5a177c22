/** The heading of a part of the side bar's list, which folds it. */
import { type JSX } from "solid-js";
import { visibleString } from "../../shared/visible-text";
import textStyles from "../styles/text-styles.module.css";
import { Button } from "./Button";
import styles from "./FoldHeading.module.css";
import { Icon } from "./Icon";
import { VisibleText } from "./VisibleText";

export interface FoldHeadingProps {
  name: string;
  title?: string | undefined;
  isOpen: boolean;
  toggle(): void;
  children?: JSX.Element;
}

export function FoldHeading(props: FoldHeadingProps) {
  return (
    <h2 class={styles.heading}>
      <Button
        look="quiet"
        class={styles.fold}
        aria-expanded={props.isOpen}
        title={props.title === undefined ? undefined : visibleString(props.title)}
        onClick={() => props.toggle()}
      >
        <Icon name="chevron" />
        <span class={textStyles.truncated}>
          <VisibleText text={props.name} />
        </span>
        {props.children}
      </Button>
    </h2>
  );
}
