/** A text whole, or when it is very long its beginning, with a button that shows all of it. */
import { createMemo, createSignal, Show } from "solid-js";
import { t } from "../../shared/translation";
import { Button } from "../components/Button";
import { NumberedText, VisibleText } from "../components/VisibleText";
import { amountOf, beginningOf } from "../state/beginning";
import card from "./card.module.css";

export interface FoldedTextProps {
  text: string;
  label: string;
  exact?: boolean;
  /** A person has opened all of it. */
  onOpen?(): void;
}

export function FoldedText(props: FoldedTextProps) {
  const [isOpened, setOpened] = createSignal(false);
  let text!: HTMLPreElement;
  const lines = createMemo(() => props.text.replace(/\n$/, "").split("\n"));
  const beginning = createMemo(() => beginningOf(lines()));
  const isWhole = () => isOpened() || beginning() === lines();
  const shown = () => (isWhole() ? props.text : beginning().join("\n"));
  return (
    <>
      <pre ref={text} class={card.text} tabindex="0" aria-label={props.label}>
        <Show
          when={props.exact && lines().length > 1}
          fallback={<VisibleText text={shown()} exact={props.exact ?? false} />}
        >
          <NumberedText text={shown()} />
        </Show>
      </pre>
      <Show when={!isWhole()}>
        <Button
          size="small"
          data-testid="show-all"
          onClick={() => {
            setOpened(true);
            // The button is gone: on with what it has opened.
            if (document.activeElement === document.body) text.focus({ preventScroll: true });
            props.onOpen?.();
          }}
        >
          {t("Show all {amount}", { amount: amountOf(lines()) })}
        </Button>
      </Show>
    </>
  );
}
