/** What is said of a queued message. `isBusy`: a run is active in its session. */
import type { QueuedMessage } from "../../shared/protocol";
import { typedCommand } from "../../shared/message-parts";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";

/** It is sent only when a person says so. */
export function isHeld({ waitsFor }: QueuedMessage, isBusy: boolean): boolean {
  return waitsFor === "person" || !isBusy;
}

export function queuedWords(message: QueuedMessage, isBusy: boolean): string {
  if (isHeld(message, isBusy)) return t("Held");
  return message.waitsFor === "turn" ? t("Next turn") : t("Next");
}

export function queuedDetails(message: QueuedMessage, isBusy: boolean): string {
  if (isHeld(message, isBusy)) return t("Held: it is sent only when you say so.");
  return message.waitsFor === "turn"
    ? t("The model is told before its next turn, without being stopped.")
    : t("Sent when this run is done. A stop keeps it here.");
}

/** With its files; a command as it was typed. */
export function queuedText({ text, command, files = [] }: QueuedMessage): string {
  return [command ? typedCommand(command) : text, ...files.map(({ name }) => `[${name}]`)]
    .filter(Boolean)
    .join(" ");
}

/** For labels. A message of files alone has no words. */
export function queuedName({ text, command, files = [] }: QueuedMessage): string {
  const said = command ? typedCommand(command) : text.trim();
  return visibleString((said || files.map(({ name }) => name).join(", ")).slice(0, 100));
}
