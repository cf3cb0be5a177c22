/** The text of the message field, kept per session: it survives a change of session and a reload. */
import { createSignal, type Accessor } from "solid-js";
import { host } from "./host";
import { storeInWindow } from "./window-storage";

export interface InputText {
  text: Accessor<string>;
  set(text: string): void;
  /** Puts a message that was not accepted back, in front of what has been typed since. */
  giveBack(text: string): void;
}

export function createInputText(sessionId: Accessor<string | undefined>): InputText {
  const name = () => `rein.text.${sessionId() ?? "new"}`;
  const [text, setText] = createSignal(host().windowStorage().getItem(name()) ?? "");

  function set(next: string): void {
    setText(next);
    if (next === "") host().windowStorage().removeItem(name());
    else storeInWindow(name(), next);
  }

  return {
    text,
    set,
    giveBack: (message) => set(text().trim() === "" ? message : `${message}\n\n${text()}`),
  };
}
