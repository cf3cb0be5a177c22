/** A line below the header, on every page: nothing can be saved now or shared with other machines, or something that was saved is missing. */
import { createSignal, Show } from "solid-js";
import { t } from "../../shared/translation";
import { unsharedTitle, unsharedWords } from "../../shared/unshared-words";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { Button, ButtonRow } from "./Button";
import { Modal } from "./Modal";
import styles from "./StorageBar.module.css";
import { VisibleText } from "./VisibleText";

export function StorageBar() {
  const { storage, notices } = useClient();
  const [isExplained, setExplained] = createSignal(false);

  async function confirm(): Promise<void> {
    try {
      await api.confirmMissing(requestTimeout());
    } catch (error) {
      notices.toast(t("This could not be confirmed"), wordsFor(error));
    }
  }

  return (
    <>
      <Show when={storage.facts().trouble}>
        {(words) => (
          <div class={styles.line} role="alert" data-testid="storage">
            <p>
              <strong>{t("Rein cannot save right now.")}</strong> <VisibleText text={words()} />
            </p>
          </div>
        )}
      </Show>
      <Show when={storage.facts().unshared}>
        {(unshared) => (
          <div class={styles.line} role="alert" data-testid="storage">
            <p>
              <strong>{unsharedTitle()}</strong> <VisibleText text={unsharedWords(unshared())} />
            </p>
          </div>
        )}
      </Show>
      <Show when={storage.facts().missing}>
        {(words) => (
          <div class={styles.line} role="alert" data-testid="storage">
            <strong>{t("Something that was saved is missing.")}</strong>
            <Button size="small" onClick={() => setExplained(true)}>
              {t("Details")}
            </Button>
            <Button size="small" onClick={() => void confirm()}>
              {t("Confirm")}
            </Button>
            <Show when={isExplained()}>
              <Modal title={t("What is missing")} close={() => setExplained(false)}>
                <p>
                  <VisibleText text={words()} />
                </p>
                <ButtonRow>
                  <Button autofocus onClick={() => setExplained(false)}>
                    {t("Close")}
                  </Button>
                </ButtonRow>
              </Modal>
            </Show>
          </div>
        )}
      </Show>
    </>
  );
}
