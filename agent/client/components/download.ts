/** Saves what a path of the API answers: a link could not send the credential. */
import { t } from "../../shared/translation";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import type { Notices } from "../state/notice-store";

/** Under this name, or the one that the answer gives. A failure is shown. */
export async function download(path: string, notices: Notices, name?: string): Promise<void> {
  try {
    const response = await api.download(path, requestTimeout());
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = name ?? nameIn(response.headers.get("content-disposition") ?? "");
    link.click();
    // The browser has begun to read it by then.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (error) {
    notices.toast(t("The file could not be saved"), wordsFor(error));
  }
}

function nameIn(disposition: string): string {
  const [, encoded, plain] = /filename\*=UTF-8''([^;]+)|filename="([^"]+)"/.exec(disposition) ?? [];
  return encoded === undefined ? (plain ?? "rein.json") : decodeURIComponent(encoded);
}
