/** What can be chosen of each preference, with its name for people. */
import type { OnDisconnect } from "../../shared/protocol";
import type { ConfirmStop, Theme } from "./preferences";

export const themes: { id: Theme; name: string }[] = [
  { id: "system", name: "System" },
  { id: "light", name: "Light" },
  { id: "dark", name: "Dark" },
];

/** Of a run, when the window that shows it is closed. */
export const closings: { id: OnDisconnect; name: string }[] = [
  { id: "continue", name: "Keep working" },
  { id: "stop", name: "Stop" },
];

export const confirmations: { id: ConfirmStop; name: string }[] = [
  { id: "never", name: "Never" },
  { id: "costly", name: "When costly" },
  { id: "always", name: "Always" },
];

export const switches = [
  { id: "off", name: "Off" },
  { id: "on", name: "On" },
] as const;
