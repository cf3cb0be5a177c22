/** Saves settings of the server, and keeps the words of what it refused. */
import { createSignal } from "solid-js";
import type { SettingsRequest } from "../../shared/requests";
import { wordsFor } from "../state/api-client";
import { useClient } from "../state/client";

export function createSaver() {
  const client = useClient();
  const [problem, setProblem] = createSignal("");
  const [isSaving, setSaving] = createSignal(false);

  /** Resolves with whether the server took it. */
  async function save(settings: SettingsRequest): Promise<boolean> {
    setSaving(true);
    setProblem("");
    try {
      await client.models.save(settings);
      client.notices.toast("Saved");
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
