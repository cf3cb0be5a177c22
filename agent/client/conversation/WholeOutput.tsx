/** "Show all" of an output that was too long for the conversation: the beginning of it as it is kept, and the rest to be saved. */
import { createResource, createSignal, onCleanup, Show } from "solid-js";
import { languageId, t, tn } from "../../shared/translation";
import { path } from "../../sdk/path";
import { Button } from "../components/Button";
import { download } from "../components/download";
import { Spinner } from "../components/Spinner";
import { VisibleText } from "../components/VisibleText";
import { wordsFor } from "../state/api-client";
import { useClient, useOpen } from "../state/client";
import { loadTextBeginning } from "../state/text-beginning";
import text from "../styles/text-styles.module.css";
import card from "./card.module.css";

export function WholeOutput(props: { callId: string; characters: number }) {
  const { notices } = useClient();
  const open = useOpen();
  const closing = new AbortController();
  onCleanup(() => closing.abort());
  const [isOpened, setOpened] = createSignal(false);
  const address = () => path`/api/sessions/${open.session.id}/outputs/${props.callId}`;
  const [shown] = createResource(
    () => isOpened() && address(),
    (wanted) => loadTextBeginning(wanted, closing.signal),
  );
  let output!: HTMLPreElement;
  return (
    <Show
      when={isOpened()}
      fallback={
        <Button size="small" data-testid="show-output" onClick={() => setOpened(true)}>
          {tn(props.characters, "Show all {count} character", "Show all {count} characters")}
        </Button>
      }
    >
      <Show when={shown.loading}>
        <Spinner />
      </Show>
      <Show when={shown.error}>
        {(error) => (
          <p class={text.problem} role="alert">
            {t("It cannot be shown: {reason}", { reason: wordsFor(error()) })}
          </p>
        )}
      </Show>
      <Show when={shown.error === undefined && shown()}>
        {(beginning) => (
          <>
            <Show when={beginning().isCut}>
              <p class={text.note}>
                {t("The beginning of {count} characters. Save it to see the rest.", {
                  count: props.characters.toLocaleString(languageId()),
                })}
              </p>
            </Show>
            <pre
              ref={(element) => {
                output = element;
                // The button is gone: on with what it has opened.
                queueMicrotask(() => {
                  if (document.activeElement === document.body)
                    output.focus({ preventScroll: true });
                });
              }}
              class={card.text}
              tabindex="0"
              aria-label={t("All of the output")}
            >
              <VisibleText text={beginning().text} />
            </pre>
            <Button size="small" onClick={() => void download(address(), notices, "output.txt")}>
              {t("Save")}
            </Button>
          </>
        )}
      </Show>
    </Show>
  );
}
