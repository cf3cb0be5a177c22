/** Saves settings of the server, and keeps the words of what it refused. */
import { createSignal } from "solid-js";
import type { SettingsRequest } from "../../shared/requests";
import { t } from "../../shared/translation";
import { wordsFor } from "../state/api-client";
import { useClient } from "../state/client";

/**
 * For one form, inside a component. `save` sends the settings, `isSaving` says whether that is under way, and `problem` is
 * why the last were not saved, "" when they were. `isTold`: a toast says that they were.
 */
export function createSaver() {
  const client = useClient();
  const [problem, setProblem] = createSignal("");
  const [isSaving, setSaving] = createSignal(false);

  /** Resolves with whether they were saved; never rejects. */
  async function save(settings: SettingsRequest, isTold = true): Promise<boolean> {
    setSaving(true);
    setProblem("");
    try {
      await client.models.save(settings);
      if (isTold) client.notices.toast(t("Saved"));
      return true;
    } catch (error) {
      setProblem(wordsFor(error));
      return false;
    } finally {
      setSaving(false);
    }
  }

  return { save, problem, isSaving };
}
