/** Whether a person types on a hardware keyboard: Enter sends there, and hints name its keys. */
import { createSignal } from "solid-js";

const [lastSeen, setLastSeen] = createSignal<boolean>();

/**
 * A hardware key says where it is on the keyboard (`code`); a key of a screen keyboard does not. Its `code` is empty in
 * Chrome and Firefox on Android (mdn/browser-compat-data#13807, measured on two devices), and "Unidentified" in WebKit on
 * iOS, where an event that no hardware has made has the key code 0 (WebKit: WKWebEvent.mm, `codeForKeyEvent` in
 * PlatformEventFactoryIOS.mm). One that imitates a whole keyboard, as that of Windows, has Shift + Enter and counts as one.
 */
export function isHardwareKey(event: KeyboardEvent): boolean {
  return event.code !== "" && event.code !== "Unidentified";
}

/** By the keys that have come; before the first one a guess, by the pointer. Reactive. */
export function hasKeyboard(): boolean {
  return lastSeen() ?? matchMedia("(pointer: fine)").matches;
}

/** Of a screen keyboard only Enter counts: on Android, an input method may take a hardware keyboard's letters and send them on without `code`. */
export function noteKeyboard(event: KeyboardEvent): void {
  if (isHardwareKey(event)) setLastSeen(true);
  else if (event.key === "Enter") setLastSeen(false);
}
