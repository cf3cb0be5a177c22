/** The preferences that this browser keeps: language, theme, text size, notifications, what closing the page does, when a stop is asked about. */
import { createEffect, createSignal, onCleanup, type Accessor } from "solid-js";
import type { OnDisconnect } from "../../shared/protocol";
import { host } from "./host";

export type Theme = "system" | "light" | "dark";

/** When a stop asks for confirmation. */
export type ConfirmStop = "never" | "costly" | "always";

/** In pixels, where the browser's own text has 16. */
export const textSizes = ["14", "15", "16", "17", "18"] as const;
export type TextSize = (typeof textSizes)[number];

export interface Preferences {
  confirmStop: Accessor<ConfirmStop>;
  setConfirmStop: (choice: ConfirmStop) => void;
  /** From when on a stop counts as costly. While a tool runs it always does. */
  costly: Accessor<Costly>;
  setCosts: (costly: Costly) => void;
  notify: Accessor<"off" | "on">;
  setNotify: (choice: "off" | "on") => void;
  /** Whether notifications are heard, too. */
  sound: Accessor<"off" | "on">;
  setSound: (choice: "off" | "on") => void;
  /** Whether the server notifies this browser while none of its pages is in view. */
  push: Accessor<"off" | "on">;
  setPush: (choice: "off" | "on") => void;
  /** The id of a language; of any other text, such as "system", the browser's own. */
  language: Accessor<string>;
  setLanguage: (language: string) => void;
  theme: Accessor<Theme>;
  setTheme: (theme: Theme) => void;
  textSize: Accessor<TextSize>;
  setTextSize: (size: TextSize) => void;
  onDisconnect: Accessor<OnDisconnect>;
  setOnDisconnect: (choice: OnDisconnect) => void;
  /** Whether the sessions of this project (its directory) are folded in the side bar. */
  isFolded(cwd: string): boolean;
  setFolded(cwd: string, isFolded: boolean): void;
}

export interface Costly {
  tokens: number;
  minutes: number;
}

const languageName = "rein.language";
const [language, setLanguage] = createSignal("system");

/** Before anything is drawn: takes what is kept, for whoever is not signed in, too. From now on it follows the other tabs. */
export function shareLanguage(): Accessor<string> {
  const read = () => setLanguage(host().sharedStorage().getItem(languageName) ?? "system");
  read();
  onOtherTab(languageName, read);
  return language;
}

/** Calls when another tab has chosen something else. Returns what ends that. */
function onOtherTab(name: string, read: () => void): () => void {
  return host().onStorageChange((changed) => {
    if (changed === name || changed === null) read();
  });
}

export function createPreferences(): Preferences {
  const [theme, setTheme] = createRemembered<Theme>("rein.theme", ["system", "light", "dark"]);
  const [textSize, setTextSize] = createRemembered<TextSize>("rein.textSize", ["15", ...textSizes]);
  const [onDisconnect, setOnDisconnect] = createRemembered<OnDisconnect>("rein.onDisconnect", [
    "continue",
    "stop",
  ]);
  const [confirmStop, setConfirmStop] = createRemembered<ConfirmStop>("rein.confirmStop", [
    "never",
    "costly",
    "always",
  ]);
  const [tokens, setTokens] = createRememberedNumber("rein.costlyTokens", 20_000);
  const [minutes, setMinutes] = createRememberedNumber("rein.costlyMinutes", 5);
  const [notify, setNotify] = createRemembered<"off" | "on">("rein.notify", ["off", "on"]);
  const [sound, setSound] = createRemembered<"off" | "on">("rein.sound", ["off", "on"]);
  const [push, setPush] = createRemembered<"off" | "on">("rein.push", ["off", "on"]);
  createEffect(() => host().showTheme(theme()));
  createEffect(() => host().showTextSize(textSize()));
  return {
    language,
    setLanguage(chosen) {
      setLanguage(chosen);
      host().sharedStorage().setItem(languageName, chosen);
    },
    theme,
    setTheme,
    textSize,
    setTextSize,
    onDisconnect,
    setOnDisconnect,
    confirmStop,
    setConfirmStop,
    costly: () => ({ tokens: tokens(), minutes: minutes() }),
    setCosts: (costly) => {
      setTokens(costly.tokens);
      setMinutes(costly.minutes);
    },
    notify,
    setNotify,
    sound,
    setSound,
    push,
    setPush,
    ...createFolded("rein.folded"),
  };
}

/** Of more projects the earliest are forgotten. */
const mostFolded = 200;

function createFolded(name: string): Pick<Preferences, "isFolded" | "setFolded"> {
  const [folded, setFolded] = createShared(name, readNames, JSON.stringify);
  return {
    isFolded: (cwd) => folded().includes(cwd),
    setFolded(cwd, isFolded) {
      const others = folded().filter((one) => one !== cwd);
      setFolded(isFolded ? [...others, cwd].slice(-mostFolded) : others);
    },
  };
}

/** Another page or version may have written something else. */
function readNames(text: string | null): string[] {
  try {
    const names: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(names) ? names.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

function createRememberedNumber(
  name: string,
  fallback: number,
): [Accessor<number>, (value: number) => void] {
  const read = (text: string | null) => (Number(text) > 0 ? Number(text) : fallback);
  return createShared(name, read, String);
}

/** A choice kept in the shared storage; the first one is the default. Its name is also read by public/theme.js. */
function createRemembered<Choice extends string>(
  name: string,
  choices: readonly [Choice, ...Choice[]],
): [Accessor<Choice>, (choice: Choice) => void] {
  const read = (text: string | null) => choices.find((choice) => choice === text) ?? choices[0];
  return createShared(name, read, String);
}

/** A value kept in the shared storage, as this tab or another has chosen it last. `read` makes one of any text. */
function createShared<Value>(
  name: string,
  read: (text: string | null) => Value,
  write: (value: Value) => string,
): [Accessor<Value>, (value: Value) => void] {
  const kept = () => read(host().sharedStorage().getItem(name));
  const [value, setValue] = createSignal(kept());
  onCleanup(onOtherTab(name, () => setValue(kept)));
  function choose(next: Value): void {
    setValue(() => next);
    host().sharedStorage().setItem(name, write(next));
  }
  return [value, choose];
}
