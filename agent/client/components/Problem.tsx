/** Why something could not be done, which a screen reader says at once. Nothing without words. */
import { Show } from "solid-js";
import textStyles from "../styles/text-styles.module.css";
import { VisibleText } from "./VisibleText";

export function Problem(props: { words: string | undefined }) {
  return (
    <Show when={props.words}>
      {(words) => (
        <p class={textStyles.problem} role="alert">
          <VisibleText text={words()} />
        </p>
      )}
    </Show>
  );
}
