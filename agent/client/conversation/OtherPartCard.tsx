/** A part of an answer that Rein does not handle, as one quiet line, which opens to all of its text: what the service did, and about what. */
import { Show } from "solid-js";
import { otherPartName } from "../../shared/message-parts";
import type { OtherPart } from "../../shared/protocol";
import { Icon, type IconName } from "../components/Icon";
import { VisibleText } from "../components/VisibleText";
import styles from "./OtherPartCard.module.css";

/** By what its name holds; the first that fits. */
const icons: [RegExp, IconName][] = [
  [/search/i, "search"],
  [/code|shell|bash/i, "terminal"],
  [/image|file|data|audio|patch|editor|upload/i, "file"],
];

export function OtherPartCard(props: { part: OtherPart }) {
  const icon = () => icons.find(([name]) => name.test(props.part.name))?.[1] ?? "spark";
  return (
    <details class={styles.card} data-testid="other-part">
      <summary>
        <Icon name={icon()} />
        <span class={styles.name}>
          <VisibleText text={otherPartName(props.part)} />
        </span>
        <Show when={props.part.text}>
          <span class={styles.text}>
            <VisibleText text={props.part.text} />
          </span>
        </Show>
      </summary>
    </details>
  );
}
