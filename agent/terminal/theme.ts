/** The colours of the terminal face by role: for a dark and a light terminal, and greys alone where NO_COLOR is set. */
import type { CliRenderer } from "@opentui/core";
import { createSignal } from "solid-js";
import type { Theme } from "../client/state/preferences";

export interface Colors {
  /** Of what is read. */
  text: string;
  /** Of what stands beside it: times, hints, folded reasoning. */
  muted: string;
  /** Of the person's own words, links, and what has the focus. */
  accent: string;
  /** Of what went well. */
  good: string;
  /** Of what needs attention: survivors, limits, questions. */
  warning: string;
  /** Of failures. A stop is never one. */
  bad: string;
  /** Lines around cards and panels. */
  border: string;
  /** Behind the selected card, and the chosen entry of a list. */
  selected: string;
  /** Behind a panel that covers the conversation. */
  panel: string;
  /** Behind added and removed lines of a diff: the nearest of 256 colours are green and red too, not greys. */
  added: string;
  removed: string;
}

const dark: Colors = {
  text: "#e4e4e7",
  muted: "#9a9aa5",
  accent: "#7cb7ff",
  good: "#7fd08a",
  warning: "#f0b866",
  bad: "#ff8a80",
  border: "#4a4a55",
  selected: "#2d3a4d",
  panel: "#1e1e24",
  added: "#0f4a1c",
  removed: "#54161a",
};

const light: Colors = {
  text: "#1d1d22",
  muted: "#63636e",
  accent: "#0b57c4",
  good: "#1c7430",
  warning: "#8a5200",
  bad: "#b3261e",
  border: "#b9b9c4",
  selected: "#d5e4fa",
  panel: "#f1f1f4",
  added: "#d7f2dd",
  removed: "#fbdcdc",
};

const [isLight, setLight] = createSignal(false);
const [isGrey, setGrey] = createSignal(false);

/** The colours of now: read in JSX, they follow the terminal and the setting. */
export const colors: Colors = new Proxy(dark, {
  get(_, role: keyof Colors) {
    const all = isLight() ? light : dark;
    return all[isGrey() ? greyRole(role) : role];
  },
});

/** The role whose colour is grey and stands for this one. */
function greyRole(role: keyof Colors): keyof Colors {
  if (role === "accent" || role === "good" || role === "warning" || role === "bad") return "text";
  return role === "selected" || role === "added" || role === "removed" ? "border" : role;
}

/** What the terminal said of its background, while the setting is "system". */
let terminalIsLight = false;
let setting: Theme = "system";

/** The person's choice. */
export function showTheme(theme: Theme): void {
  setting = theme;
  update();
}

/** Follows what the terminal says of its background; until it does, what the environment says. */
export function followTerminalTheme(renderer: CliRenderer, environment: NodeJS.ProcessEnv): void {
  const follow = (mode: string | null): void => {
    if (mode !== null) terminalIsLight = mode === "light";
    update();
  };
  setGrey((environment["NO_COLOR"] ?? "") !== "");
  terminalIsLight = isLightBackground(environment["COLORFGBG"]);
  follow(renderer.themeMode);
  renderer.on("theme_mode", follow);
}

function update(): void {
  setLight(setting === "system" ? terminalIsLight : setting === "light");
}

/** COLORFGBG is "15;0" or "15;default;0": the last number is the background's colour of the 16. */
export function isLightBackground(value: string | undefined): boolean {
  const background = Number(/;(\d+)$/.exec(value ?? "")?.[1] ?? 0);
  return background === 7 || background === 15;
}
