/** A line below the header, on every page: nothing can be saved now, or something that was saved is missing. */
import { Show } from "solid-js";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { Button } from "./Button";
import styles from "./StorageBar.module.css";
import { VisibleText } from "./VisibleText";

export function StorageBar() {
  const { storage, notices } = useClient();

  async function confirm(): Promise<void> {
    try {
      await api.confirmMissing(requestTimeout());
    } catch (error) {
      notices.toast("This could not be confirmed", wordsFor(error));
    }
  }

  return (
    <>
      <Show when={storage.facts().trouble}>
        {(words) => (
          <div class={styles.line} role="alert" data-testid="storage">
            <p>
              <strong>Rein cannot save right now.</strong> <VisibleText text={words()} />
            </p>
          </div>
        )}
      </Show>
      <Show when={storage.facts().missing}>
        {(words) => (
          <div class={styles.line} role="alert" data-testid="storage">
            <details>
              <summary>Something that was saved is missing.</summary>
              <p>
                <VisibleText text={words()} />
              </p>
            </details>
            <Button size="small" onClick={() => void confirm()}>
              Confirm
            </Button>
          </div>
        )}
      </Show>
    </>
  );
}
