/** What this browser remembers of its person: the theme, and what closing the page means. */
import { createEffect, createSignal, type Accessor } from "solid-js";
import type { OnDisconnect } from "../../shared/protocol";

export type Theme = "system" | "light" | "dark";

export interface Preferences {
  theme: Accessor<Theme>;
  setTheme(theme: Theme): void;
  onDisconnect: Accessor<OnDisconnect>;
  setOnDisconnect(choice: OnDisconnect): void;
}

export function createPreferences(): Preferences {
  const [theme, setTheme] = createRemembered<Theme>("rein.theme", ["system", "light", "dark"]);
  const [onDisconnect, setOnDisconnect] = createRemembered<OnDisconnect>("rein.onDisconnect", [
    "continue",
    "stop",
  ]);
  createEffect(() => {
    if (theme() === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme();
  });
  return { theme, setTheme, onDisconnect, setOnDisconnect };
}

/** A choice kept in localStorage; the first one is the default. Its name is also read by public/theme.js. */
function createRemembered<Choice extends string>(
  name: string,
  choices: readonly [Choice, ...Choice[]],
): [Accessor<Choice>, (choice: Choice) => void] {
  const kept = localStorage.getItem(name);
  const [choice, setChoice] = createSignal<Choice>(choices.find((c) => c === kept) ?? choices[0]);
  function choose(next: Choice): void {
    setChoice(() => next);
    localStorage.setItem(name, next);
  }
  return [choice, choose];
}
