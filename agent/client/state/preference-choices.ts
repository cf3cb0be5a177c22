/** What can be chosen of each preference, with its name for people. */
import type { OnDisconnect } from "../../shared/protocol";
import { choice, type Choice } from "./choice";
import type { ConfirmStop, Theme } from "./preferences";
import { t } from "../../shared/translation";

export const themes: Choice<Theme>[] = [
  choice("system", () => t("System")),
  choice("light", () => t("Light")),
  choice("dark", () => t("Dark")),
];

/** Of a run, when the window that shows it is closed. */
export const closings: Choice<OnDisconnect>[] = [
  choice("continue", () => t("Keep working")),
  choice("stop", () => t("Stop")),
];

export const confirmations: Choice<ConfirmStop>[] = [
  choice("never", () => t("Never")),
  choice("costly", () => t("When costly")),
  choice("always", () => t("Always")),
];

export const switches: readonly Choice<"off" | "on">[] = [
  choice("off", () => t("Off")),
  choice("on", () => t("On")),
];
